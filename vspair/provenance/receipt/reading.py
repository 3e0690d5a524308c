"""Read a receipt and check its form."""

import reprlib
from pathlib import Path

from pydantic import ValidationError

from vspair.errors import VspairError
from vspair.printable import brief
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.receipt.statement import WHOLE, Statement
from vspair.provenance.receipt.values import EXPECTED
from vspair.regular import parsed, text

LARGEST = 1 << 24
"""Bytes of a receipt: one of a folder with seventy thousand inputs; those of the demonstration have 37 thousand."""

_SHOWN = 80
_REMEDY = "remake the job that left it"
_TYPES = {"list_type": "a list", "dict_type": "an object", "model_type": "an object"}


def read(path: Path | str) -> Receipt:
    """Read a receipt and check its form.

    Raises:
        VspairError: the file is missing, is no regular file (nor is a link to one), is larger than `LARGEST`, is not
            JSON (see `vspair.regular.parsed`), is not such a statement, lacks a field, or has a value that cannot be.
    """
    path = Path(path)
    try:
        values = parsed(text(path, LARGEST))
    except (OSError, ValueError) as error:
        raise VspairError(f"expected a receipt in JSON at {path}, found: {error}; {_REMEDY}") from error
    receipt = Receipt(path, statement(values, path, _REMEDY))
    if len(Path(receipt.place).parts) > len(path.absolute().parents):
        raise VspairError(f"expected the receipt {path} at {receipt.place}, found it higher up: {_REMEDY}")
    return receipt


def statement(values: object, path: Path, remedy: str) -> Statement:
    """The statement of a receipt, from JSON values.

    Args:
        values: as `parsed` gives them.
        path: the file that they come from, for an error.
        remedy: what to do then.

    Raises:
        VspairError: they are no such statement.
    """
    try:
        return Statement.model_validate(values)
    except ValidationError as error:
        raise VspairError(f"{_fault(error)}, in {path}: {remedy}") from error


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
    return f"expected {wanted} as {_place([*above, last])}, found {_told(first['input'])}"


def _place(parts: list[str | int]) -> str:
    keys = (f"[{part}]" if isinstance(part, int) else f".{brief(part, _SHOWN)}" for part in parts)
    return "".join(keys).removeprefix(".")


def _told(value: object) -> str:
    """A value in few letters, however large it is."""
    return value[:_SHOWN] if isinstance(value, str) else reprlib.repr(value)[:_SHOWN]
