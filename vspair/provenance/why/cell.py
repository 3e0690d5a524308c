"""One cell of a table, or of a figure's CSV: what its line and its receipt say of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vspair.errors import VspairError
from vspair.printable import first_few
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.ledger import cells_of, read_lines

_PUBLISHED = "project:config/published/"
_NAMED = 12
"""Rows or columns that an error names before it says how many more there are."""


@dataclass(frozen=True)
class Cell:
    """A cell that was found.

    Attributes:
        facts: of the ledger, and `published_in`, the file and table with the published number, when there is one.
        inputs: names of the inputs of its job to follow; None when the receipt does not tell cells apart.
    """

    facts: dict[str, object]
    inputs: Sequence[str] | None


def find_cell(file: Path, name: str, receipt: Receipt, cell: tuple[str, str]) -> Cell:
    """The cell of a table, or of a figure's CSV, whose receipt says by which columns its lines are called.

    Args:
        file: the CSV.
        name: what its receipt calls it.
        receipt: that covers it.
        cell: row and column.

    Raises:
        VspairError: the file is no such CSV, or has no such cell; the sentence names the known rows and columns.
    """
    notes = receipt.notes(name)
    lines = read_lines(file) if file.suffix == ".csv" else []
    is_table = bool(lines) and {"row", "column", "value"} <= lines[0].keys()
    if not is_table and (not lines or notes.index is None):
        raise VspairError(
            f"expected a table with row, column and value at {file}, or the CSV of a figure, found neither: "
            "give a .csv of tables/ or figures/"
        )
    facts = next((known for known in cells_of(receipt, name, lines) if (known["row"], known["column"]) == cell), None)
    facts = facts or (None if is_table else _drawn(name, lines, notes.index, cell))
    if facts is None:
        raise _unknown(file, lines, None if is_table else notes.index, cell)
    source = (notes.cells or {}).get("|".join(cell))
    published = [] if facts["published"] is None else [item for item in receipt.inputs if item.startswith(_PUBLISHED)]
    for item in published:
        facts["published_in"] = {"file": item, "sha256": receipt.inputs[item], "table": notes.published or ""}
    if source is None:
        # A published number that was not run has no other source; else the receipt does not tell.
        return Cell(facts, published if facts["verdict"] == "not run" else None)
    return Cell(facts, list(dict.fromkeys([*source.inputs, *published])))


def _drawn(name: str, lines: list[dict], index: Sequence[str], cell: tuple[str, str]) -> dict[str, object] | None:
    """A cell of a figure's CSV that is drawn and not printed, of which the receipt says nothing by itself."""
    row, column = cell
    text = next((line.get(column) for line in lines if _line_name(line, index) == row), None)
    if text is None:
        return None
    try:
        value: float | str = float(text)
    except ValueError:
        value = text
    numbers = dict.fromkeys(("sd", "n", "published", "tolerance"))
    texts = dict.fromkeys(("unit", "verdict", "key", "statistic"), "")
    return {"file": name, "row": row, "column": column, "value": value, **numbers, **texts, "inputs": []}


def _line_name(line: dict, index: Sequence[str]) -> str:
    return " ".join(line[column] for column in index)


def _unknown(file: Path, lines: list[dict], index: Sequence[str] | None, cell: tuple[str, str]) -> VspairError:
    if index is None:
        rows, columns = ([line[key] for line in lines] for key in ("row", "column"))
    else:
        rows, columns = [_line_name(line, index) for line in lines], [key for key in lines[0] if key not in index]
    return VspairError(
        f"expected a cell at row {cell[0]!r} and column {cell[1]!r} of {file}, found none: the rows are "
        f"{_shortened(rows)}; the columns are {_shortened(columns)}"
    )


def _shortened(names: Sequence[str]) -> str:
    return first_few(list(map(repr, dict.fromkeys(names))), _NAMED)
