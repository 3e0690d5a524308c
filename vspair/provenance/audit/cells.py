"""Tables worked out again from the metric files and published numbers that they name, without the code behind them."""

import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from vspair.errors import VspairError
from vspair.metrics import numbers_of, read_texts
from vspair.provenance.audit.findings import Finding
from vspair.provenance.receipt.receipt import Receipt
from vspair.provenance.run.chain import Run
from vspair.provenance.run.ledger import LARGEST, cells_of, read_lines
from vspair.published import read_values
from vspair.regular import text
from vspair.verdicts import verdict

_RELATIVE = 1e-6
"""The CSVs hold eight digits; means of such numbers agree far better than this, and a changed digit does not."""


def contradicted(run: Run, receipt: Receipt) -> Iterable[Finding]:
    """What the CSVs of one job say and their receipt, metric files and published numbers do not.

    A table has the cells that its receipt notes, each once. Worked out again are the mean over seeds and its spread,
    where the job says that each seed's number is the `mean` of a CSV's column or a `value` of a JSON file, and the
    published numbers, tolerances and verdicts. Files that were changed since are not read: the checksums tell.
    """
    for name in receipt.outputs:
        noted = receipt.notes(name)
        if name.endswith(".csv") and noted.cells is not None and run.digest(name) == receipt.outputs[name]:
            try:
                cells = list(cells_of(receipt, name, read_lines(run.places.path(name))))
            except (VspairError, KeyError, TypeError) as error:
                yield Finding(name, "contradiction", f"its cells cannot be read: {error}; {_remake(receipt)}")
                continue
            yield from _noted(receipt, name, cells)
            for cell in cells:
                yield from _compared(run, receipt, cell)
            if noted.published is not None and noted.comparable is not None:
                yield from _judged(run, receipt, name, cells)


def _noted(receipt: Receipt, name: str, cells: list[dict]) -> Iterable[Finding]:
    """A cell that is there twice, or without a note, or noted and not there."""
    counts = Counter(f"{cell['row']}|{cell['column']}" for cell in cells)
    valued = {f"{cell['row']}|{cell['column']}" for cell in cells if cell["value"] is not None}
    noted = receipt.notes(name).cells.keys()
    wrong = {
        "stands there more than once": {cell for cell, count in counts.items() if count > 1},
        "is noted in the receipt and not there": noted - counts.keys(),
        "has a value and no note in the receipt": valued - noted,
    }
    for what, places in wrong.items():
        for place in sorted(places):
            row, _, column = place.rpartition("|")
            yield Finding(name, "contradiction", f"its cell ({row}, {column}) {what}: {_remake(receipt)}")


def _compared(run: Run, receipt: Receipt, cell: dict) -> Iterable[Finding]:
    work = _STATISTICS.get(cell["statistic"])
    if work is None or not cell["inputs"]:
        return
    place = f"its cell ({cell['row']}, {cell['column']})"
    if away := [name for name in cell["inputs"] if run.digest(name) is None and run.away(name)]:
        sentence = f"{place} cannot be worked out again: {away[0]} was left out; bundle or join it anew"
        yield Finding(cell["file"], "missing", sentence)
        return
    if any(run.digest(name) != receipt.inputs[name] for name in cell["inputs"] if name in receipt.inputs):
        return
    if strange := [name for name in cell["inputs"] if name not in receipt.inputs]:
        sentence = f"{place} names {strange[0]}, which is no input of its job: {_remake(receipt)}"
        yield Finding(cell["file"], "contradiction", sentence)
        return
    try:
        values = [_worked_out(run, name, cell, work) for name in cell["inputs"]]
    except VspairError as error:
        yield Finding(cell["file"], "contradiction", f"{place} cannot be worked out again: {error}")
        return
    if None in values:
        sentence = f"{place} names {cell['key']}, which its metric files do not have: {_remake(receipt)}"
        yield Finding(cell["file"], "contradiction", sentence)
        return
    # A seed without a value does not count; where none has one, all that ran are told.
    known = [value for value in values if not math.isnan(value)]
    expected = {"value": statistics.fmean(known) if known else None}
    # A figure prints a number and no spread.
    if cell["n"] is not None:
        n = len(values) if run.left_out is not None and cell["n"] == len(values) else len(known) or len(values)
        expected |= {"sd": statistics.stdev(known) if len(known) > 1 else None, "n": n}
    for key, wanted in expected.items():
        if not _same(cell[key], wanted, max(map(abs, known), default=0.0)):
            sentence = f"the {key} of {place} is {cell[key]}, its metric files give {wanted}: {_remake(receipt)}"
            yield Finding(cell["file"], "contradiction", sentence)


def _judged(run: Run, receipt: Receipt, name: str, cells: list[dict]) -> Iterable[Finding]:
    noted = receipt.notes(name)
    published = _published(run, receipt, noted.published)
    if published is None:
        return
    for cell in cells:
        number, tolerance = published.pop((cell["row"], cell["column"]), (None, None))
        # Without a value there is either no run or, with seeds, nothing to take a mean of.
        value = cell["value"] if cell["value"] is not None else math.nan if cell["n"] else None
        judged = (value, cell["sd"], cell["n"] or 0, number, tolerance, noted.comparable)
        word = "" if number is None else verdict(*judged)
        for key, wanted in (("published", number), ("tolerance", tolerance), ("verdict", word)):
            if cell[key] != wanted if key == "verdict" else not _same(cell[key], wanted, 0.0):
                sentence = (
                    f"the {key} of its cell ({cell['row']}, {cell['column']}) is {cell[key]!r} and should be "
                    f"{wanted!r}: {_remake(receipt)}"
                )
                yield Finding(name, "contradiction", sentence)
    for row, column in published:
        yield Finding(name, "contradiction", f"the published value ({row}, {column}) is not there: {_remake(receipt)}")


def _published(run: Run, receipt: Receipt, table: str) -> dict[tuple[str, str], tuple[float, float]] | None:
    """The published numbers that a job read; None where that file is another one now."""
    for name, recorded in receipt.inputs.items():
        path = run.project_path(receipt, name)
        if path is not None and path.suffix == ".yaml" and run.project_digest(receipt, name) == recorded:
            return read_values(path, table)
    return None


def _worked_out(run: Run, name: str, cell: dict, work: Callable[[Path, str], float | None]) -> float | None:
    maker, path = run.maker(name), run.places.path(name)
    # A bundle can be of a time when no number of images was promised and every mean left out empty fields.
    if run.left_out is not None and maker is not None and maker.notes(name).images is None and work is _mean:
        work = _known_mean
    return run.checksums.fact(
        f"{work.__name__} of {cell['key']} in {run.digest(name)}", lambda: work(path, cell["key"])
    )


def _same(found: float | None, wanted: float | None, scale: float) -> bool:
    # The spread of numbers that hardly differ has the rounding error of the numbers.
    if found is None or wanted is None:
        return found is None and wanted is None
    return math.isclose(found, wanted, rel_tol=_RELATIVE, abs_tol=1e-9 * scale)


def _mean(path: Path, key: str) -> float | None:
    """Mean of a CSV's column, of which every field is a finite number; None when there is no such column."""
    texts = read_texts(path)
    if key not in texts:
        return None
    numbers = numbers_of(path, texts, [key])[key]
    return sum(numbers) / len(numbers) if numbers else math.nan


def _known_mean(path: Path, key: str) -> float | None:
    """The same without the empty fields of a column that may have some."""
    texts = read_texts(path)
    if key not in texts:
        return None
    numbers = [value for value in numbers_of(path, texts, [key], empty=[(key,)])[key] if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan


def _value_at_key(path: Path, key: str) -> float | None:
    """The number at a dotted key of a JSON file, NaN for null; None when there is no such key."""
    try:
        # Not strictly: a diverged run has NaN among its metrics.
        value = json.loads(text(path, LARGEST, links=True))
        for part in key.split("."):
            value = value[part]
        number = math.nan if value is None else float(value)
        return None if math.isinf(number) else number
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _remake(receipt: Receipt) -> str:
    return f"remake it with `{receipt.command}`"


_STATISTICS = {"mean": _mean, "known mean": _known_mean, "value": _value_at_key}
