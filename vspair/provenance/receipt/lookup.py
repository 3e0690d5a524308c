"""Which receipt covers a file: the one beside it, or beside the folder that it lies in."""

from collections.abc import Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.receipt.places import SUFFIX, Places
from vspair.provenance.receipt.reading import read
from vspair.provenance.receipt.receipt import Receipt

# Folders above an output that are searched.
_UP = 3


def claims_of(paths: Iterable[Path], places: Places) -> dict[str, str]:
    """Name of each file of the run folder that a receipt covers to what that receipt claims (`Receipt.claims`).

    Raises:
        VspairError: a receipt beside the files is damaged.
    """
    known: dict[Path, Receipt] = {}
    searched: set[Path] = set()
    found = {}
    for path in paths:
        if places.inside(path):
            for folder in list(path.resolve().parents)[:_UP]:
                if folder not in searched:
                    searched.add(folder)
                    for receipt in map(read, sorted(folder.glob(f"*{SUFFIX}"))):
                        known |= {receipt.run_folder / name: receipt for name in receipt.outputs}
            if path.resolve() in known:
                found[places.name(path)] = known[path.resolve()].claims
    return found


def find(file: Path | str) -> Path | None:
    """The receipt beside a file (or beside the folder it lies in) that covers it; None without one.

    Raises:
        VspairError: none of those that can be read covers it, and there is a damaged one.
    """
    file = Path(file).parent.resolve() / Path(file).name
    damaged = []
    for folder in list(file.parents)[:_UP]:
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                receipt = read(path)
            except VspairError as error:
                damaged.append(str(error))
                continue
            if any(receipt.run_folder / name == file for name in receipt.outputs):
                return path
    if damaged:
        raise VspairError(f"expected a receipt that covers {file}, found a damaged receipt beside it: {damaged[0]}")
    return None
