"""The two sides of a join: the folder that jobs come from, and the one that they come to."""

import os
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.receipt.places import SUFFIX, Places
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.bundle import FILE as BUNDLE
from vspair.provenance.run.chain import Run
from vspair.provenance.run.checksums import Checksums
from vspair.provenance.run.joined import read_joined


def source(folder: Path | str, root: Path, data: Path, preset: str) -> Run:
    """The run folder or bundle that jobs come from, when every receipt in it can be believed to be of that preset.

    Raises:
        VspairError: there is no run; a receipt is damaged, of another preset, or lies in a place that it does not
            name; there is a link; or a name is no plain one.
    """
    run = Run(folder, root, data)
    for name, sentence in run.damaged.items():
        raise VspairError(f"expected whole receipts in {run.places.run}, found the damaged receipt {name}: {sentence}")
    for name in run.linked():
        raise VspairError(f"expected files in {run.places.run}, found the link {name}: put the folder in its place")
    for name, sha in (run.left_out or {}).items():
        maker = run.maker(name)
        if maker is None or maker.outputs[name] != sha:
            raise VspairError(f"expected the list {BUNDLE} to agree with the receipts, found {name}: get it anew")
    # What was kept of the past is to go on now, and so is compared with the present code.
    run.left_out = None
    for receipt in run.receipts:
        if receipt.preset != preset:
            raise VspairError(
                f"expected jobs of the preset {preset}, found {receipt.target} of the preset {receipt.preset} in "
                f"{run.places.run}: presets never mix"
            )
        place = run.name(receipt)
        if place != receipt.place:
            raise VspairError(f"expected the receipt {receipt.place} in its place, found it at {place}: move it there")
        for name in (place, *receipt.outputs):
            if not _plain(name):
                raise VspairError(f"expected plain names inside the run folder, found {name!r} in {place}: refused")
            if away := run.elsewhere(name):
                raise VspairError(f"expected a file at {run.places.run / name}, found a link to {away}: replace it")
    return run


class Home:
    """The run folder that jobs come to; it may be empty, or not exist yet.

    Args:
        folder: the run folder.
        root: the project's root.
        data: the data folder.

    Attributes:
        places: the folders that names are relative to.
        receipts: name of each receipt in the folder -> the receipt.
        joined: what it remembers of earlier joins.

    Raises:
        VspairError: it is a bundle, or a receipt or the list of what was joined is damaged.
    """

    def __init__(self, folder: Path, root: Path, data: Path) -> None:
        if (folder / BUNDLE).exists():
            raise VspairError(f"expected a run folder at {folder}, found a bundle, which is of the past: name another")
        self.places = Places(run=folder, root=root, data=data)
        self.joined = read_joined(folder)
        self.receipts: dict[str, Receipt] = {}
        self._checksums = Checksums(folder)
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            receipt = read(path)
            self.receipts[path.relative_to(folder).as_posix()] = receipt

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file of the run folder; None when it is missing.

        Raises:
            VspairError: something else than a file of this folder stands there.
        """
        path = self.places.run / name
        if Path(os.path.realpath(path)) != path:
            raise VspairError(f"expected no link on the way to {path}, found one: replace it by what it leads to")
        if path.exists() and not path.is_file():
            found = "a folder" if path.is_dir() else "something else"
            raise VspairError(f"expected a file or nothing at {path}, found {found}: move it away")
        return self._checksums.of(name, path)

    def inputs(self) -> dict[str, str]:
        """Name of each raw input -> SHA-256 that a receipt here has of it."""
        named = (item for receipt in self.receipts.values() for item in receipt.inputs.items())
        return {name: sha for name, sha in named if name.startswith(("data:", "external:"))}


def _plain(name: str) -> bool:
    hidden = any(part.startswith(".") for part in Path(name).parts)
    return not hidden and not set(name) & set(":\\\n")
