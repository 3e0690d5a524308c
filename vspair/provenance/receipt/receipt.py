"""A typed view of a receipt, so that nobody digs in nested dictionaries."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_NOT_INPUTS = {"code", "source", "lock"}
_DURATIONS = {"duration", "evidence"}


@dataclass(frozen=True)
class Receipt:
    """A receipt that was read and checked (see `reading.read`).

    Attributes:
        path: the file it was read from.
        statement: the in-toto statement.
    """

    path: Path
    statement: dict

    @cached_property
    def outputs(self) -> dict[str, str]:
        """Name of each output to its SHA-256."""
        return {entry["name"]: entry["digest"]["sha256"] for entry in self.statement["subject"]}

    @cached_property
    def inputs(self) -> dict[str, str]:
        """Name of each input to its SHA-256."""
        entries = [entry for entry in self._dependencies if entry["name"] not in _NOT_INPUTS]
        return {entry["name"]: entry.get("digest", {}).get("sha256", "") for entry in entries}

    @cached_property
    def input_claims(self) -> dict[str, str]:
        """Name of each input that a job made to what that job's receipt claimed when the input was used."""
        entries = {entry["name"]: entry.get("annotations", {}).get("claims") for entry in self._dependencies}
        return {name: claims for name, claims in entries.items() if claims and name not in _NOT_INPUTS}

    @cached_property
    def claims(self) -> str:
        """SHA-256 of all that the receipt says apart from when the job ran and how long it took."""
        predicate = self.statement["predicate"]
        details = {key: value for key, value in predicate["runDetails"].items() if key != "metadata"}
        details["byproducts"] = [item for item in details["byproducts"] if item.get("name") not in _DURATIONS]
        statement = {**self.statement, "predicate": {**predicate, "runDetails": details}}
        text = json.dumps(statement, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the code that ran."""
        return self._dependency("code").get("digest", {}).get("sha256", "")

    @property
    def script(self) -> str:
        """The script that ran, relative to the project's root."""
        return self._dependency("code").get("annotations", {}).get("script", "")

    @property
    def entries(self) -> list[str]:
        """The objects that the script loaded by name."""
        return self._dependency("code").get("annotations", {}).get("entries", [])

    @property
    def files(self) -> dict[str, str]:
        """Source file, relative to the project's root, to the SHA-256 of what the fingerprint covers of it."""
        return self._dependency("code").get("annotations", {}).get("files", {})

    @property
    def commit(self) -> str | None:
        """The git commit, or None when there was none."""
        return self._dependency("source").get("digest", {}).get("gitCommit")

    @property
    def dirty(self) -> bool | None:
        """Whether the git tree had uncommitted changes; None when that is not known."""
        return self._dependency("source").get("annotations", {}).get("dirty")

    @property
    def lock(self) -> str:
        """SHA-256 of the environment's lock."""
        return self._dependency("lock").get("digest", {}).get("sha256", "")

    @property
    def rule(self) -> str:
        """The workflow's rule."""
        return self._external["rule"]

    @property
    def wildcards(self) -> dict[str, str]:
        """The rule's wildcards and their values."""
        return self._external["wildcards"]

    @property
    def preset(self) -> str:
        """The preset that the job belongs to."""
        return self._external["preset"]

    @property
    def seed(self) -> int | None:
        """The seed, or None for a job without one."""
        return self._external.get("seed")

    @property
    def stochastic(self) -> bool:
        """Whether the job draws random numbers."""
        return self._external["stochastic"]

    @property
    def configuration(self) -> dict[str, object]:
        """Dotted key to value of what the job read from the configuration."""
        return self._external["configuration"]

    @property
    def target(self) -> str:
        """Name of the first output."""
        return self._external["target"]

    @property
    def command(self) -> str:
        """The one command that remakes the outputs."""
        return self._internal["command"]

    @property
    def machine(self) -> dict[str, object]:
        """Processor, cores, memory, GPU, driver and operating system."""
        return self._byproduct("machine")

    @property
    def versions(self) -> dict[str, str]:
        """Versions of Python and the libraries."""
        return self.statement["predicate"]["runDetails"]["builder"]["version"]

    @property
    def seconds(self) -> float | None:
        """Duration of the job."""
        return self._byproduct("duration").get("seconds")

    @property
    def evidence_seconds(self) -> float | None:
        """How much of the job's duration went into checks before it, checksums and this receipt."""
        return self._byproduct("evidence").get("seconds")

    @property
    def started(self) -> str:
        """When the job began, by RFC 3339."""
        return self.statement["predicate"]["runDetails"]["metadata"]["startedOn"]

    @property
    def finished(self) -> str:
        """When the job ended, by RFC 3339."""
        return self.statement["predicate"]["runDetails"]["metadata"]["finishedOn"]

    @property
    def threads(self) -> int | None:
        """CPU threads given to the job."""
        return self._internal.get("threads")

    @property
    def resources(self) -> dict[str, int | str]:
        """The job's resources as its rule states them."""
        return self._internal.get("resources", {})

    @property
    def place(self) -> str:
        """Name of the receipt itself, as it was when it was written."""
        return self._internal["receipt"]

    def annotations(self, name: str) -> dict:
        """What was noted about one output."""
        return next((entry.get("annotations", {}) for entry in self.statement["subject"] if entry["name"] == name), {})

    @cached_property
    def cells(self) -> dict[str, dict]:
        """`row|column` to what was noted about that cell, over all outputs."""
        notes = [entry.get("annotations", {}).get("cells", {}) for entry in self.statement["subject"]]
        return {cell: note for cells in notes for cell, note in cells.items()}

    @property
    def run_folder(self) -> Path:
        """The run folder, from where the receipt lies now and what it is called there."""
        return self.path.absolute().parents[len(Path(self.place).parts) - 1]

    @property
    def _external(self) -> dict:
        return self.statement["predicate"]["buildDefinition"]["externalParameters"]

    @property
    def _internal(self) -> dict:
        return self.statement["predicate"]["buildDefinition"]["internalParameters"]

    @property
    def _dependencies(self) -> list[dict]:
        return self.statement["predicate"]["buildDefinition"]["resolvedDependencies"]

    def _dependency(self, name: str) -> dict:
        return next(entry for entry in self._dependencies if entry["name"] == name)

    def _byproduct(self, name: str) -> dict:
        byproducts = self.statement["predicate"]["runDetails"]["byproducts"]
        return next((entry.get("annotations", {}) for entry in byproducts if entry.get("name") == name), {})
