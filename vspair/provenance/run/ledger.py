"""The ledger of a run: every cell of its tables, every number printed in its figures, and the jobs behind them."""

import csv
import io
import math
from collections.abc import Iterator, Set
from pathlib import Path

from vspair.errors import VspairError
from vspair.printable import brief
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.receipt.statement import CellNotes
from vspair.provenance.run.chain import Run
from vspair.regular import text

LARGEST = 1 << 28
"""Bytes of a CSV; that of a figure of ten thousand images has some millions."""

NUMBERS = ("value", "sd", "published", "tolerance")
"""Columns of a table that are numbers, beside the whole number `n`."""

COLUMNS = (
    *("file", "row", "column", "value", "sd", "published", "tolerance", "n", "unit", "verdict"),
    *("key", "statistic", "inputs", "seeds", "commit", "command"),
)
"""Columns of `ledger.csv`."""

_TABLE = {"row", "column", "value"}
_FACTS = (
    *("rule", "wildcards", "preset", "seed", "stochastic", "script", "entries", "fingerprint", "files"),
    *("configuration", "commit", "dirty", "lock_file", "lock", "machine", "versions", "started", "seconds"),
    *("evidence_seconds", "threads", "resources", "command", "claims", "inputs", "outputs", "target"),
)


def ledger(run: Run) -> dict[str, object]:
    """Cells, jobs and makers of a run folder, as JSON values.

    Returns:
        `preset`: of most receipts. `cells`: one dict a cell with `file`, `row`, `column`, `value`, `sd`, `n`, `unit`,
        `published`, `tolerance`, `verdict`, `key`, `statistic` and `inputs`, numbers as floats or None, tables before
        figures. `jobs`: name of each receipt -> its facts (see `Receipt`). `makers`: name of each output -> name of
        the receipt that claims it. A damaged or missing table has no cells here; the audit tells it.
    """
    cells = [cell for kind in ("tables", "figures") for cell in _cells_in(run, kind)]
    jobs = {run.name(receipt): {fact: getattr(receipt, fact) for fact in _FACTS} for receipt in run.receipts}
    makers = {name: run.name(claims[0]) for name, claims in run.makers.items()}
    return {"preset": run.preset, "cells": cells, "jobs": jobs, "makers": makers}


def flat(entries: dict, files: Set[str]) -> list[dict[str, object]]:
    """The cells of a ledger in those files, one dict a line, with the seeds, the commit and the command behind each."""
    jobs, makers = entries["jobs"], entries["makers"]
    lines = []
    for cell in entries["cells"]:
        if cell["file"] in files:
            job = jobs[makers[cell["file"]]]
            seeds = {jobs[makers[name]]["seed"] for name in cell["inputs"] if name in makers} - {None}
            lines.append(
                cell
                | {"inputs": ";".join(cell["inputs"]), "seeds": ";".join(map(str, sorted(seeds)))}
                | {fact: job[fact] for fact in ("commit", "command")}
            )
    return lines


def read_lines(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV as dicts of texts.

    Raises:
        VspairError: it is missing, no CSV, or has two columns of one name, of which readers would take different ones.
    """
    try:
        # A link in its place is told as such by the checksums.
        reader = csv.DictReader(io.StringIO(text(path, LARGEST, links=True), newline=""), strict=True)
        lines = list(reader)
        if len(set(reader.fieldnames or ())) < len(reader.fieldnames or ()):
            raise ValueError(f"two columns of one name among {brief(', '.join(reader.fieldnames))}")
        return lines
    except (OSError, ValueError, csv.Error) as error:
        raise VspairError(f"expected a table in CSV at {path}, found: {error}; remake it") from error


def _cells_in(run: Run, kind: str) -> Iterator[dict[str, object]]:
    for name in sorted(run.makers):
        if name.startswith(f"{kind}/") and name.endswith(".csv"):
            try:
                yield from cells_of(run.maker(name), name, read_lines(run.places.path(name)))
            except (VspairError, KeyError, TypeError):
                # A file that is missing, no table any more or short of a column is told by the audit.
                continue


def cells_of(receipt: Receipt, name: str, lines: list[dict[str, str]]) -> Iterator[dict[str, object]]:
    """The cells of one CSV: all of a table, and of any other file those that its receipt notes."""
    notes = receipt.notes(name)
    sources = notes.cells or {}
    if lines and lines[0].keys() >= _TABLE:
        for line in lines:
            yield _cell(name, line, sources.get(f"{line['row']}|{line['column']}"))
    elif notes.index is not None:
        for line in lines:
            row = " ".join(line[column] for column in notes.index)
            for column, value in line.items():
                if f"{row}|{column}" in sources:
                    cell = {"row": row, "column": column, "value": value}
                    yield _cell(name, cell, sources[f"{row}|{column}"])


def _cell(name: str, line: dict[str, str], source: CellNotes | None) -> dict[str, object]:
    numbers = {key: number(line.get(key, "")) for key in NUMBERS}
    n = number(line.get("n", ""))
    return {
        "file": name,
        "row": line["row"],
        "column": line["column"],
        **numbers,
        "n": None if n is None else int(n),
        "unit": line.get("unit", ""),
        "verdict": line.get("verdict", ""),
        "key": source.key if source else "",
        "statistic": (source.statistic or "") if source else "",
        "inputs": source.inputs if source else [],
    }


def number(text: str | None) -> float | None:
    """The number that a field of a CSV holds; None where it is empty, a text, or not finite."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    # JSON has no infinity.
    return found if math.isfinite(found) else None
