"""Read a receipt and check its form."""

from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.receipt import form
from vspair.provenance.receipt.receipt import Receipt

_REMEDY = "remake the job that left it"


def read(path: Path | str) -> Receipt:
    """Read a receipt and check its form.

    Raises:
        VspairError: the file is missing, is not JSON, is not such a statement, or lacks a field.
    """
    path = Path(path)
    try:
        statement = form.parsed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise VspairError(f"expected a receipt in JSON at {path}, found: {error}; {_REMEDY}") from error
    if (wrong := form.fault(statement)) is not None:
        raise VspairError(f"{wrong}, in {path}: {_REMEDY}")
    receipt = Receipt(path, statement)
    if len(Path(receipt.place).parts) > len(path.absolute().parents):
        raise VspairError(f"expected the receipt {path} at {receipt.place}, found it higher up: {_REMEDY}")
    return receipt
