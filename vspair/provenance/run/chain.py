"""The receipts of one run folder, joined into chains from every output down to the raw data."""

import os
from collections import Counter
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.code import fingerprint
from vspair.provenance.receipt.places import SUFFIX, Places, spelled
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.bundle import read_bundle
from vspair.provenance.run.checksums import Checksums
from vspair.provenance.run.history import History
from vspair.provenance.run.joined import read_joined

_PASSING = {"logs", "benchmarks"}
_OWN = {"audit.json", "audit.json.sig", "bundle.json", "joined.json", "report.html"}
_CHECKPOINT = "checkpoint.safetensors"

LEDGER = "ledger.csv"
"""Name of the output of the last job, which vouches for all tables and figures."""


class Run:
    """A run folder as its receipts describe it.

    Args:
        folder: the run folder (`results/<preset>`), wherever it lies now.
        root: the project's root.
        data: the data folder; without it, or where there is none, `data:` files cannot be checked.
        full: read every file anew instead of remembering the checksums of those that have not changed.

    Attributes:
        receipts: those that could be read, by their paths.
        damaged: name of each other receipt and what is wrong with it.
        checksums: of the folder's files.
        left_out: name of each file that a bundle left out -> its SHA-256 (see `bundle`); None for a run folder.
        joined: what the folder remembers of the jobs that it took from others (see `join.joined`).
        history: of the project's repository.

    Raises:
        VspairError: there is no such folder, it holds no receipt, or it is only a part of a run folder.
    """

    def __init__(self, folder: Path | str, root: Path, data: Path | None = None, full: bool = False) -> None:
        folder = Path(folder).resolve()
        if not folder.is_dir():
            raise VspairError(f"expected a run folder at {folder}, found no folder: give one such as results/demo")
        self.places = Places(run=folder, root=Path(root))
        self.name_data(data)
        self.checksums = Checksums(folder, full)
        self.history = History(root)
        self.left_out = read_bundle(folder)
        self.joined = read_joined(folder)
        self._fingerprints: dict[tuple[object, ...], str] = {}
        self.receipts: list[Receipt] = []
        self.damaged: dict[str, str] = {}
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            try:
                self.receipts.append(read(path))
            except VspairError as error:
                self.damaged[self._own(path)] = str(error)
        if not self.receipts and not self.damaged:
            raise VspairError(f"expected receipts in {folder}, found none: run the workflow first")
        folders = Counter(receipt.run_folder for receipt in self.receipts).most_common(1)
        if folders and folder != (above := folders[0][0]) and folder.is_relative_to(above):
            raise VspairError(
                f"expected a run folder, found in {folder} receipts of the run folder {above}: give that one"
            )

    def name_data(self, folder: Path | None) -> None:
        """Say which one the data folder is; none, where there is no such folder."""
        self.places = replace(self.places, data=folder if folder is not None and folder.is_dir() else None)

    @property
    def preset(self) -> str | None:
        """The preset of most receipts; a draw goes to the one that the folder is named after. None if none is read."""
        counts = Counter(receipt.preset for receipt in self.receipts)
        return max(sorted(counts), key=lambda preset: (counts[preset], preset == self.places.run.name), default=None)

    def name(self, receipt: Receipt) -> str:
        """A receipt's own path in the run folder."""
        return self._own(receipt.path)

    def _own(self, path: Path) -> str:
        """Name of a path in the run folder, wherever a link there leads."""
        return spelled(path.relative_to(self.places.run).as_posix())

    @cached_property
    def makers(self) -> dict[str, list[Receipt]]:
        """Name of each output to the receipts that claim it (one, unless runs were mixed)."""
        found: dict[str, list[Receipt]] = {}
        for receipt in self.receipts:
            for name in receipt.outputs:
                found.setdefault(name, []).append(receipt)
        return found

    def maker(self, name: str) -> Receipt | None:
        """The receipt of a file, or None for raw data."""
        claims = self.makers.get(name)
        return claims[0] if claims else None

    def upstream(self, receipt: Receipt) -> list[Receipt]:
        """The receipts of a receipt's inputs, each once."""
        found = {maker.path: maker for name in receipt.inputs if (maker := self.maker(name)) is not None}
        return list(found.values())

    def code(self, receipt: Receipt) -> Path | None:
        """The folder with the code that a receipt is compared with; None when the repository does not have it.

        Of a run it is the project as it is now. A bundle holds results of the past and is compared with its commit.
        """
        if self.left_out is None:
            return self.places.root
        return self.history.tree(receipt.commit) if receipt.commit else None

    def fingerprint(self, folder: Path, receipt: Receipt) -> str:
        """Fingerprint of a receipt's script as it is in a folder, worked out once for all jobs of a script.

        Raises:
            VspairError: as `fingerprint` does.
        """
        key = (folder, receipt.script, *sorted(receipt.entries))
        if key not in self._fingerprints:
            try:
                self._fingerprints[key] = fingerprint(folder, receipt.script, receipt.entries)
            except OSError as error:
                raise VspairError(f"expected code at {error.filename}, found {error.strerror}") from error
        return self._fingerprints[key]

    def away(self, name: str) -> str | None:
        """SHA-256 of a file that a bundle left out or that stayed behind at a join; None of any other."""
        return (self.joined.left_behind if self.left_out is None else self.left_out).get(name)

    def behind(self) -> list[str]:
        """Names of the files that stayed behind at a join and are not here."""
        return [name for name in self.joined.left_behind if self.digest(name) is None]

    def checkable(self, name: str) -> bool:
        """Whether it is known where the file of that name should be."""
        return self.places.path(name) is not None

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file as it is now; None when it is missing."""
        path = self.places.path(name)
        return None if path is None else self.checksums.of(name, path)

    def project_path(self, receipt: Receipt, name: str) -> Path | None:
        """A file `project:...` in the state that a receipt is compared with; None when that state is not there."""
        folder = self.code(receipt)
        inside = name.startswith("project:") and folder is not None
        return Places(run=self.places.run, root=folder).path(name) if inside else None

    def project_digest(self, receipt: Receipt, name: str) -> str | None:
        """SHA-256 of such a file; None when it is missing."""
        path = self.project_path(receipt, name)
        return None if path is None else self.checksums.of(f"{receipt.commit}:{name}" if self.left_out else name, path)

    def elsewhere(self, name: str) -> Path | None:
        """Where an output of the run folder really lies when a symbolic link has led out of its place."""
        path = Path(os.path.realpath(self.places.run / name))
        return None if path == self.places.run / name else path

    def unvouched(self) -> list[str]:
        """First outputs of the jobs that no later job vouches for; that of the last job, the ledger, is not told."""
        vouched = {name for receipt in self.receipts for name in receipt.input_claims}
        ends = [receipt for receipt in self.receipts if not vouched & receipt.outputs.keys()]
        named = (
            receipt.target if receipt.target in receipt.outputs else min(receipt.outputs)
            for receipt in ends
            if LEDGER not in receipt.outputs
        )
        return sorted(named)

    def linked(self) -> list[str]:
        """Names of symbolic links to folders, whose content would go unseen."""
        links = (path for path in self.places.run.rglob("*") if path.is_symlink() and path.is_dir())
        return sorted(name for name in map(self._own, links) if name.split("/")[0] not in _PASSING)

    def unreceipted(self) -> list[str]:
        """Names of files that no receipt covers, apart from logs, benchmarks, checkpoints and the run's own notes.

        What is no regular file, such as a FIFO or a link to nowhere, counts wherever it stands in for a result.
        """
        found = []
        for path in sorted(self.places.run.rglob("*")):
            parts = path.relative_to(self.places.run).parts
            passing = parts[0] in _PASSING or any(part.startswith(".") for part in parts)
            own = len(parts) == 1 and path.name in _OWN
            marked = path.name.endswith(SUFFIX) or path.name == _CHECKPOINT
            if not (passing or own or marked or path.is_dir()) and self._own(path) not in self.makers:
                found.append(self._own(path))
        return found
