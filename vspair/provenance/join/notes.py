"""What a run folder remembers of joins: files that stayed behind, and receipts of the same jobs done elsewhere."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.files import write_text
from vspair.provenance import form
from vspair.provenance.view import Receipt

FILE = "joined.json"
_FORMAT = 1


@dataclass(frozen=True)
class Notes:
    """The notes of one run folder.

    A bundle's list makes a folder a thing of the past. These notes do not: the folder is compared with the present
    code and configuration, and a file that is made here after all needs no note any more.

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

    def with_more(self, left_behind: Mapping[str, str], twins: Iterable[Receipt]) -> "Notes":
        """These notes and further ones, each twin once."""
        known = {twin.claims: twin for twin in (*self.twins, *twins)}
        return Notes({**self.left_behind, **left_behind}, tuple(known.values()))


def read_notes(folder: Path) -> Notes:
    """The notes of a run folder; empty ones where nothing was joined.

    Raises:
        VspairError: the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return Notes({})
    try:
        notes = form.parsed(path.read_text(encoding="utf-8"))
        left_behind, statements = notes["left_behind"], notes["twins"]
        if notes["format"] != _FORMAT or not all(isinstance(value, str) for value in left_behind.values()):
            raise ValueError(f"format {notes['format']}")
        if wrong := next(filter(None, map(form.fault, statements)), None):
            raise ValueError(wrong)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise VspairError(f"expected the notes of a join at {path}, found: {error}; restore that file") from error
    return Notes(left_behind, tuple(Receipt(path, statement) for statement in statements))


def write_notes(folder: Path, notes: Notes) -> None:
    """Write the notes whole or not at all, without files that are here by now; nothing when there is nothing to note.

    Raises:
        VspairError: the disk is full.
    """
    missing = {name: sha for name, sha in sorted(notes.left_behind.items()) if not (folder / name).exists()}
    if not (missing or notes.twins):
        (folder / FILE).unlink(missing_ok=True)
        return
    statements = [twin.statement for twin in notes.twins]
    text = json.dumps({"format": _FORMAT, "left_behind": missing, "twins": statements}, indent=1, sort_keys=True)
    write_text(folder / FILE, text + "\n")
