"""Cells of tables worked out again from the metric files that they name, without the code that made them."""

import json
import math
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.provenance.chain import Run
from vspair.provenance.findings import Finding
from vspair.provenance.ledger import cells_of, read_lines
from vspair.provenance.view import Receipt

_RELATIVE = 1e-6
"""The CSVs hold eight digits; means of such numbers agree far better than this, and a changed digit does not."""


def contradicted(run: Run, receipt: Receipt) -> Iterable[Finding]:
    """Cells of one job's tables that are not what their metric files say.

    Worked out again are the mean over seeds and its spread where the job says that each seed's number is the `mean` of
    a CSV's column or a `value` of a JSON file, and that file is still the one that the job read.
    """
    for name in receipt.outputs:
        path = run.places.path(name)
        if not name.endswith(".csv") or not receipt.annotations(name).get("cells") or not path.is_file():
            continue
        try:
            cells = list(cells_of(receipt, name, read_lines(path)))
        except (VspairError, KeyError, TypeError):
            # A damaged table is an edited one, which the checksums say.
            continue
        for cell in cells:
            yield from _compared(run, receipt, cell)


def _compared(run: Run, receipt: Receipt, cell: dict) -> Iterable[Finding]:
    work = _STATISTICS.get(cell["statistic"])
    intact = all(run.digest(name) == receipt.inputs.get(name) for name in cell["inputs"])
    if work is None or not cell["inputs"] or not intact:
        return
    values = [_worked_out(run, name, cell, work) for name in cell["inputs"]]
    if None in values:
        sentence = f"its cell ({cell['row']}, {cell['column']}) names {cell['key']}, which its metric files do not have"
        yield Finding(cell["file"], "contradiction", f"{sentence}: remake it with `{receipt.command}`")
        return
    # A seed without a value counts among the seeds and not in their mean, as pandas has it.
    known = [value for value in values if not math.isnan(value)]
    expected = {
        "value": statistics.fmean(known) if known else None,
        "sd": statistics.stdev(known) if len(known) > 1 else None,
        "n": len(values),
    }
    # A figure prints a number and no spread.
    for key, wanted in expected.items() if cell["n"] is not None else [("value", expected["value"])]:
        if not _same(cell[key], wanted, max(map(abs, known), default=0.0)):
            sentence = (
                f"the {key} of its cell ({cell['row']}, {cell['column']}) is {cell[key]}, its metric files give "
                f"{wanted}: remake it with `{receipt.command}`"
            )
            yield Finding(cell["file"], "contradiction", sentence)


def _worked_out(run: Run, name: str, cell: dict, work: Callable[[Path, str], float | None]) -> float | None:
    fact = f"{cell['statistic']} of {cell['key']} in {run.digest(name)}"
    return run.checksums.fact(fact, lambda: work(run.places.path(name), cell["key"]))


def _same(found: float | None, wanted: float | None, scale: float) -> bool:
    # The spread of numbers that hardly differ has the rounding error of the numbers.
    if found is None or wanted is None:
        return found is None and wanted is None
    return math.isclose(found, wanted, rel_tol=_RELATIVE, abs_tol=1e-9 * scale)


def _mean_of_column(path: Path, key: str) -> float | None:
    """Mean of a CSV's column without its empty fields; None when there is no such column of numbers."""
    try:
        texts = [line[key] for line in read_lines(path)]
        numbers = [_WORDS[text] if text in _WORDS else float(text) for text in texts if text not in ("", "nan")]
    except (KeyError, ValueError, TypeError):
        return None
    return statistics.fmean(numbers) if numbers else math.nan


def _value_at_key(path: Path, key: str) -> float | None:
    """The number at a dotted key of a JSON file, NaN for null; None when there is no such key."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        for part in key.split("."):
            value = value[part]
        return math.nan if value is None else float(value)
    except (OSError, ValueError, KeyError, TypeError):
        return None


_STATISTICS = {"mean": _mean_of_column, "value": _value_at_key}
_WORDS = {"True": 1.0, "False": 0.0}
