"""The receipts of one run folder, joined into chains from every output down to the raw data."""

from functools import cached_property
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance import receipts
from vspair.provenance.places import Places
from vspair.provenance.view import Receipt

_PASSING = {"logs", "benchmarks"}
_OWN = {"audit", "report"}
_CHECKPOINT = "checkpoint.safetensors"


class Run:
    """A run folder as its receipts describe it.

    Args:
        folder: the run folder (`results/<preset>`), wherever it lies now.
        root: the project's root.
        data: the data folder; without it, `data:` files cannot be checked.

    Raises:
        VspairError: there is no such folder, it holds no receipt, it is only a part of a run folder, or a receipt is
            damaged.
    """

    def __init__(self, folder: Path | str, root: Path, data: Path | None = None) -> None:
        folder = Path(folder).resolve()
        if not folder.is_dir():
            raise VspairError(f"expected a run folder at {folder}, found no folder: give one such as results/demo")
        self.places = Places(run=folder, root=Path(root), data=data)
        self.receipts = [receipts.read(path) for path in sorted(folder.rglob(f"*{receipts.SUFFIX}"))]
        if not self.receipts:
            raise VspairError(f"expected receipts in {folder}, found none: run the workflow first")
        for receipt in self.receipts:
            if receipt.run_folder != folder:
                raise VspairError(
                    f"expected a run folder, found in {folder} the receipt {receipt.path.name} of the run folder "
                    f"{receipt.run_folder}: give that one, or put the receipt where it belongs"
                )
        self._digests: dict[str, str | None] = {}

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

    def checkable(self, name: str) -> bool:
        """Whether it is known where the file of that name should be."""
        return self.places.path(name) is not None

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file as it is now; None when it is missing. Each file is read once."""
        if name not in self._digests:
            path = self.places.path(name)
            self._digests[name] = sha256(path) if path is not None and path.is_file() else None
        return self._digests[name]

    def unreceipted(self) -> list[str]:
        """Names of files that no receipt covers, apart from logs, benchmarks, checkpoints and the run's own notes."""
        found = []
        for path in sorted(self.places.run.rglob("*")):
            parts = path.relative_to(self.places.run).parts
            passing = parts[0] in _PASSING or any(part.startswith(".") for part in parts)
            own = len(parts) == 1 and path.stem in _OWN
            marked = path.name.endswith((receipts.SUFFIX, _CHECKPOINT))
            if path.is_file() and not (passing or own or marked) and "/".join(parts) not in self.makers:
                found.append("/".join(parts))
        return found
