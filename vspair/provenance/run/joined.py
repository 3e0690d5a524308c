"""What a run folder remembers of joins: files that stayed behind, and receipts of the same jobs done elsewhere."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.provenance.receipt.reading import statement
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.listed import read_list

FILE = "joined.json"
_FORMAT = 1


@dataclass(frozen=True)
class Joined:
    """The memory of one run folder.

    A bundle's list makes a folder a thing of the past. This one does not: the folder is compared with the present
    code and configuration, and a file that is made here after all is forgotten.

    Attributes:
        left_behind: name of each file that stayed where it was made -> its SHA-256.
        twins: receipts of jobs that were done here and elsewhere with the same outputs. Later jobs that came from
            elsewhere vouch for these and not for the receipts that lie here, which name another machine and moment.
    """

    left_behind: Mapping[str, str]
    twins: tuple[Receipt, ...] = ()

    def vouched_for(self, name: str, sha256: str, claims: str) -> bool:
        """Whether a twin that made the file with that content makes those claims (`Receipt.claims`)."""
        return any(twin.outputs.get(name) == sha256 and twin.claims == claims for twin in self.twins)

    def with_more(self, left_behind: Mapping[str, str], twins: Iterable[Receipt]) -> "Joined":
        """The same and more, each twin once."""
        known = {twin.claims: twin for twin in (*self.twins, *twins)}
        return Joined({**self.left_behind, **left_behind}, tuple(known.values()))


def read_joined(folder: Path) -> Joined:
    """The memory of a run folder; an empty one where nothing was joined.

    Raises:
        VspairError: the file is damaged.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return Joined({})
    try:
        left_behind, known = read_list(path, _FORMAT, "left_behind")
        if not isinstance(known.get("twins"), list):
            raise ValueError("no list of twins")
    except (OSError, ValueError) as error:
        raise VspairError(
            f"expected the list of what was joined at {path}, found: {error}; restore that file"
        ) from error
    twins = (statement(values, path, "restore that file") for values in known["twins"])
    return Joined(left_behind, tuple(Receipt(path, twin) for twin in twins))


def write_joined(folder: Path, joined: Joined) -> None:
    """Write it whole or not at all, without files that are here by now; no file when there is nothing to remember.

    Raises:
        VspairError: the disk is full.
    """
    missing = {name: sha for name, sha in sorted(joined.left_behind.items()) if not (folder / name).exists()}
    if not (missing or joined.twins):
        (folder / FILE).unlink(missing_ok=True)
        return
    statements = [twin.statement.model_dump(by_alias=True, exclude_unset=True) for twin in joined.twins]
    text = json.dumps({"format": _FORMAT, "left_behind": missing, "twins": statements}, indent=1, sort_keys=True)
    write_text(folder / FILE, text + "\n")
