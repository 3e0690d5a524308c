"""Read a receipt and check its form."""

import json
from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from vspair.errors import VspairError
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.receipt.statement import WHOLE, Statement
from vspair.provenance.receipt.values import EXPECTED

_REMEDY = "remake the job that left it"
_TYPES = {"list_type": "a list", "dict_type": "an object", "model_type": "an object"}


def read(path: Path | str) -> Receipt:
    """Read a receipt and check its form.

    Raises:
        VspairError: the file is missing, is not JSON, has a key twice, is not such a statement, or lacks a field.
    """
    path = Path(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except (OSError, ValueError, RecursionError) as error:
        raise VspairError(f"expected a receipt in JSON at {path}, found: {error}; {_REMEDY}") from error
    try:
        receipt = Receipt(path, Statement.model_validate(values))
    except ValidationError as error:
        raise VspairError(f"{_fault(error)}, in {path}: {_REMEDY}") from error
    if len(Path(receipt.place).parts) > len(path.absolute().parents):
        raise VspairError(f"expected the receipt {path} at {receipt.place}, found it higher up: {_REMEDY}")
    return receipt


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object in which no key stands twice, of which different readers would take different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice!r} stands there twice")
    return found


def _fault(error: ValidationError) -> str:
    """The first fault of a receipt's form, as `expected ..., found ...`."""
    first = error.errors(include_url=False)[0]
    if first["type"] == WHOLE:
        return first["msg"]
    *above, last = ("the receipt", *first["loc"])
    if first["type"] == "missing":
        return f"expected {last} in {_place(above)}, found none"
    wanted = first["msg"] if first["type"] == EXPECTED else _TYPES.get(first["type"], first["msg"])
    if first["type"] == "literal_error":
        wanted = first["ctx"]["expected"].strip("'")
    return f"expected {wanted} as {_place([*above, last])}, found {str(first['input'])[:80]}"


def _place(parts: list[str | int]) -> str:
    keys = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(keys).removeprefix(".")
