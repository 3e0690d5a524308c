"""A receipt that was read: its facts by name, wherever the statement keeps them."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vspair.printable import first_few
from vspair.provenance.receipt.state import LOCK
from vspair.provenance.receipt.statement import (
    CellNotes,
    Code,
    External,
    Input,
    Internal,
    Lock,
    Noted,
    Notes,
    Source,
    Statement,
    Surroundings,
)
from vspair.provenance.receipt.worktree import remedy

_DURATIONS = {"duration", "evidence"}


@dataclass(frozen=True)
class Receipt:
    """A receipt that was read and checked (see `reading.read`).

    Attributes:
        path: the file it was read from.
        statement: what it says.
    """

    path: Path
    statement: Statement

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Name of each output to its SHA-256."""
        return {entry.name: entry.digest.sha256 for entry in self.statement.subject}

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Name of each input to its SHA-256."""
        return {entry.name: (entry.digest or {}).get("sha256", "") for entry in self._inputs}

    @property
    def folders(self) -> list[str]:
        """Names of the inputs that are folders, all of whose files are inputs."""
        return self._external.folders or []

    @cached_property
    def input_claims(self) -> dict[str, str]:
        """Name of each input that a job made to what that job's receipt claimed when the input was used."""
        claims = {entry.name: entry.annotations and entry.annotations.claims for entry in self._inputs}
        return {name: claim for name, claim in claims.items() if claim}

    @cached_property
    def claims(self) -> str:
        """SHA-256 of all that the receipt says apart from when the job ran and how long it took."""
        statement = self.statement.model_dump(by_alias=True, exclude_unset=True)
        details = statement["predicate"]["runDetails"]
        del details["metadata"]
        details["byproducts"] = [item for item in details["byproducts"] if item["name"] not in _DURATIONS]
        text = json.dumps(statement, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the code that ran."""
        return self._code.digest.sha256

    @property
    def script(self) -> str:
        """The script that ran, relative to the project's root."""
        return self._code.annotations.script

    @property
    def entries(self) -> list[str]:
        """The objects that the script loaded by name."""
        return self._code.annotations.entries

    @property
    def files(self) -> dict[str, str]:
        """Source file, relative to the project's root, to the SHA-256 of what the fingerprint covers of it."""
        return self._code.annotations.files or {}

    @property
    def commit(self) -> str | None:
        """The git commit, or None when there was none."""
        return self._source.digest and self._source.digest.git_commit

    @property
    def dirty(self) -> bool | None:
        """Whether the git tree had uncommitted changes; None when that is not known."""
        return self._source.annotations.dirty

    @property
    def tree(self) -> str:
        """The state of the git tree in words, with what made it dirty, or why there was no commit."""
        told = self._source.annotations
        if self.commit is None:
            return "no git commit" + (f", since {told.reason}" if told.reason else "")
        if self.dirty is False:
            return f"a clean tree at {self.commit[:12]}"
        names = f" ({first_few(told.changes, more=told.more or 0)})" if told.changes else ""
        return f"uncommitted changes on top of {self.commit[:12]}{names}"

    @property
    def remedy(self) -> str | None:
        """What to do about that; None about a clean tree."""
        clean = self.commit is not None and self.dirty is False
        return None if clean else remedy(self._source.annotations.reason)

    @property
    def lock_file(self) -> str:
        """The environment's lock, relative to the project's root."""
        uri = self._dependencies["lock"].uri
        return uri.removeprefix("project:") if uri else LOCK

    @property
    def lock(self) -> str:
        """SHA-256 of the environment's lock."""
        return self._dependencies["lock"].digest.sha256

    @property
    def frame(self) -> str | None:
        """Digest of the code that records jobs; None where that was not told."""
        return self._digest("frame")

    @property
    def words(self) -> str | None:
        """Digest of the error texts and log lines that the script reached; None where that was not told."""
        return self._digest("words")

    @property
    def rule(self) -> str:
        """The workflow's rule."""
        return self._external.rule

    @property
    def wildcards(self) -> dict[str, str]:
        """The rule's wildcards and their values."""
        return self._external.wildcards

    @property
    def preset(self) -> str:
        """The preset that the job belongs to."""
        return self._external.preset

    @property
    def seed(self) -> int | None:
        """The seed, or None for a job without one."""
        return self._external.seed

    @property
    def stochastic(self) -> bool:
        """Whether the job draws random numbers."""
        return self._external.stochastic

    @property
    def configuration(self) -> dict[str, object]:
        """Dotted key to value of what the job read from the configuration."""
        return self._external.configuration

    @property
    def target(self) -> str:
        """Name of the first output."""
        return self._external.target

    @property
    def command(self) -> str:
        """The one command that remakes the outputs."""
        return self._internal.command

    @property
    def machine(self) -> dict[str, object]:
        """Processor, cores, memory, GPU, driver and operating system."""
        return entry.annotations.model_dump(exclude_unset=True) if (entry := self._byproducts.get("machine")) else {}

    @property
    def versions(self) -> dict[str, str]:
        """Versions of Python and the libraries."""
        return self.statement.predicate.run_details.builder.version

    @property
    def seconds(self) -> float | None:
        """Duration of the job."""
        return self._seconds("duration")

    @property
    def evidence_seconds(self) -> float | None:
        """How much of the job's duration went into checks before it, checksums and this receipt."""
        return self._seconds("evidence")

    @property
    def started(self) -> str:
        """When the job began, by RFC 3339."""
        return self.statement.predicate.run_details.metadata.started_on

    @property
    def finished(self) -> str:
        """When the job ended, by RFC 3339."""
        return self.statement.predicate.run_details.metadata.finished_on

    @property
    def threads(self) -> int | None:
        """CPU threads given to the job."""
        return self._internal.threads

    @property
    def resources(self) -> dict[str, int | str]:
        """The job's resources as its rule states them."""
        return self._internal.resources or {}

    @property
    def place(self) -> str:
        """Name of the receipt itself, as it was when it was written."""
        return self._internal.receipt

    def notes(self, name: str) -> Notes:
        """What was noted about one output."""
        return next((entry.annotations for entry in self.statement.subject if entry.name == name), None) or Notes()

    @cached_property
    def cells(self) -> dict[str, CellNotes]:
        """`row|column` to what was noted about that cell, over all outputs."""
        found: dict[str, CellNotes] = {}
        for name in self.outputs:
            found |= self.notes(name).cells or {}
        return found

    @property
    def run_folder(self) -> Path:
        """The run folder, from where the receipt lies now and what it is called there."""
        return self.path.absolute().parents[len(Path(self.place).parts) - 1]

    @property
    def _external(self) -> External:
        return self.statement.predicate.build_definition.external_parameters

    @property
    def _internal(self) -> Internal:
        return self.statement.predicate.build_definition.internal_parameters

    @cached_property
    def _dependencies(self) -> dict[str, Input | Code | Source | Lock | Surroundings]:
        return {entry.name: entry for entry in self.statement.predicate.build_definition.resolved_dependencies}

    @cached_property
    def _inputs(self) -> list[Input]:
        return [entry for entry in self._dependencies.values() if isinstance(entry, Input)]

    @property
    def _code(self) -> Code:
        return self._dependencies["code"]

    @property
    def _source(self) -> Source:
        return self._dependencies["source"]

    @cached_property
    def _byproducts(self) -> dict[str, Noted]:
        return {entry.name: entry for entry in self.statement.predicate.run_details.byproducts}

    def _digest(self, name: str) -> str | None:
        return entry.digest.sha256 if (entry := self._dependencies.get(name)) else None

    def _seconds(self, name: str) -> float | None:
        return entry.annotations.seconds if (entry := self._byproducts.get(name)) else None
