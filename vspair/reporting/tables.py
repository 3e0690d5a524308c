"""Tables: a tidy CSV, one line a cell, and Markdown and LaTeX rendered from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from vspair.files import whole, write_text
from vspair.printable import shown
from vspair.published import Published, read_published
from vspair.verdicts import VERDICTS, verdict

COLUMNS = ("row", "column", "value", "sd", "n", "unit", "published", "tolerance", "verdict")

_LATEX = str.maketrans(
    {letter: f"\\{letter}" for letter in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


@dataclass(frozen=True)
class Cell:
    """One measured number of a table.

    Arguments:
        row, column: its place, such as `vsPAIR` and `mse`.
        values: one number per seed; a single one for what has no seed. What is not finite is no value.
        unit: of the number; empty for counts and shares.
        inputs: files that it was read from.
        key: name of the number inside those files, or how it comes from them in words.
        statistic: "mean" when each value is the mean of the CSV column `key` of the input at the same place, "value"
            when it is the JSON value at the dotted `key` there, "known mean" when it is the mean over the images that
            have a value in a column that may be empty; "" when it is worked out in another way.

    Raises:
        ValueError: a statistic is stated, but not one input for each value.
    """

    row: str
    column: str
    values: Sequence[float]
    unit: str = ""
    inputs: Sequence[str] = ()
    key: str = ""
    statistic: Literal["", "mean", "known mean", "value"] = ""

    def __post_init__(self) -> None:
        if self.statistic and len(self.inputs) != len(self.values):
            raise ValueError(
                f"the cell {self.row}|{self.column} has {len(self.values)} values from {len(self.inputs)} inputs: "
                f"the statistic {self.statistic} needs one for each"
            )


def table_frame(cells: Sequence[Cell], published: Published, configuration: Mapping[str, Any]) -> pd.DataFrame:
    """All cells, measured and published, with verdicts, in the tidy form of the CSV.

    Arguments:
        cells: what was measured, in the order of the table.
        published: the paper's numbers; those that were not measured get a line of their own, `not run`.
        configuration: dotted key -> value of the run, for the paper's conditions.
    """
    comparable = published.obstacle(configuration) is None
    lines = [_line(cell, published, comparable) for cell in cells]
    measured = {(cell.row, cell.column) for cell in cells}
    for (row, column), (number, tolerance) in published.values.items():
        if (row, column) not in measured:
            lines.append(_line(Cell(row, column, ()), Published({(row, column): (number, tolerance)}, {}), comparable))
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype({"n": "Int64"})


def _line(cell: Cell, published: Published, comparable: bool) -> dict[str, Any]:
    known = _known(cell)
    # Of how many seeds it is the mean; where none has a value, how many have none.
    n = len(known) or len(cell.values)
    value = known.mean() if n else None
    sd = known.std() if len(known) > 1 else None
    number, tolerance = published.values.get((cell.row, cell.column), (None, None))
    word = None if number is None else verdict(value, sd, n, number, tolerance, comparable)
    line = (cell.row, cell.column, value, sd, n, cell.unit or None, number, tolerance, word)
    return dict(zip(COLUMNS, line, strict=True))


def _known(cell: Cell) -> pd.Series:
    values = pd.Series(cell.values, dtype=float)
    return values[np.isfinite(values)]


def fewer_seeds(cells: Sequence[Cell]) -> str | None:
    """A sentence on the cells that are means over fewer seeds than ran; None where there is none."""
    told = []
    for cell in cells:
        known = len(_known(cell))
        if 0 < known < len(cell.values):
            told.append(f"{cell.row} {cell.column} ({known} of {len(cell.values)})")
    return f"Over the seeds that have a value: {', '.join(told)}." if told else None


def sources(cells: Sequence[Cell]) -> dict[str, dict[str, Any]]:
    """Where each cell comes from, as a receipt's annotation `cells` wants it.

    Returns:
        `row|column` -> `inputs`, `key` and `statistic` (see `Cell`).
    """
    return {
        f"{cell.row}|{cell.column}": {"inputs": list(cell.inputs), "key": cell.key, "statistic": cell.statistic}
        for cell in cells
    }


def notes(
    cells: Sequence[Cell], table: str, published: Published, configuration: Mapping[str, Any]
) -> dict[str, dict[str, Any] | str | bool]:
    """What the receipt of a table with published numbers notes about its CSV, for an audit that works it out again.

    Returns:
        `cells` (see `sources`), `published`: the table's name among the published ones, and `comparable`: whether the
        configuration is the paper's.
    """
    comparable = published.obstacle(configuration) is None
    return {"cells": sources(cells), "published": table, "comparable": comparable}


def make_table(
    path: Path | str,
    cells: Sequence[Cell],
    configuration: Mapping[str, Any],
    caption: str,
    note: str | None = None,
    labels: Mapping[str, str] | None = None,
    published: tuple[str, str] | None = None,
    turned: bool = False,
) -> dict[str, Any]:
    """Write a table from its cells and return what its receipt notes about its CSV.

    Arguments:
        path: of the CSV; the other forms lie beside it.
        cells: what was measured, in the order of the table.
        configuration: dotted key -> value of the run, for the paper's conditions.
        caption, note, labels, turned: as for `write_table`; why it is not comparable with the paper is added to the
            note.
        published: file with published numbers, and the table's name there; None where the paper has none.
    """
    paper = read_published(Path(published[0]), published[1]) if published else Published({}, {})
    frame = table_frame(cells, paper, configuration)
    below = " ".join(filter(None, [note, fewer_seeds(cells), paper.note(configuration)]))
    write_table(Path(path).with_suffix(""), frame, caption, below or None, labels, turned)
    return notes(cells, published[1], paper, configuration) if published else {"cells": sources(cells)}


def write_table(
    stem: Path,
    frame: pd.DataFrame,
    caption: str,
    note: str | None = None,
    labels: Mapping[str, str] | None = None,
    turned: bool = False,
) -> None:
    """Write `<stem>.csv` (the truth), `<stem>.md` and `<stem>.tex` (rendered from it).

    Arguments:
        stem: path without suffix.
        frame: from `table_frame`.
        caption: one sentence.
        note: a sentence below the table, such as why it is not comparable.
        labels: row -> what a reader sees in its place.
        turned: show rows as columns, for a table of many measures of few methods; the CSV is the same.
    """
    with whole(stem.with_suffix(".csv")) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.8g")
    wide = _wide(frame).rename(index=dict(labels or {})).rename(index=shown, columns=shown)
    wide = wide.T if turned else wide
    note = shown(" ".join(filter(None, [headline(frame), note])), keep="\n")
    notes = f"\n{note}\n" if note else ""
    markdown = wide.rename(index=_in_markdown, columns=_in_markdown).to_markdown()
    write_text(stem.with_suffix(".md"), f"{caption}\n\n{markdown}\n{notes}")
    full = f"{caption} {note}" if note else caption
    names = wide.rename(index=_in_latex, columns=_in_latex).style
    latex = names.to_latex(hrules=True, caption=_in_latex(full), label=_in_latex(f"tab:{stem.name}"))
    write_text(stem.with_suffix(".tex"), latex.replace("±", r"$\pm$"))


def headline(frame: pd.DataFrame) -> str:
    """How many published values got which verdict, in one sentence; empty for a table without any."""
    words = frame["verdict"].dropna()
    counts = ", ".join(f"{(words == word).sum()} {word}" for word in VERDICTS if (words == word).any())
    return f"Of {len(words)} published values: {counts}." if counts else ""


def _wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows by columns of strings: ours, spread, published number and verdict."""
    text = frame.apply(_told, axis=1)
    wide = pd.DataFrame({"row": frame["row"], "column": frame["column"], "text": text})
    rows, columns = (list(dict.fromkeys(frame[axis])) for axis in ("row", "column"))
    pivot = wide.pivot(index="row", columns="column", values="text").reindex(index=rows, columns=columns)
    return pivot.fillna("—").rename_axis(index=None, columns=None)


def _in_markdown(name: str) -> str:
    """A name as Markdown shows it: no bar ends its cell, and no tag begins."""
    return name.replace("\\", r"\\").replace("|", r"\|").replace("&", "&amp;").replace("<", "&lt;")


def _in_latex(text: str) -> str:
    """A text as LaTeX prints it: nothing in it is a command, a formula, a comment or the end of a cell."""
    return text.translate(_LATEX)


def _told(line: pd.Series) -> str:
    ours = "—" if pd.isna(line["value"]) else f"{line['value']:.{_digits(line['value'])}g}"
    if pd.notna(line["sd"]):
        ours += f" ± {line['sd']:.2g}"
    if pd.isna(line["published"]):
        return ours
    return f"{ours} (paper {line['published']:.{_digits(line['published'])}g}: {line['verdict']})"


def _digits(value: float) -> int:
    """Three digits, or as many as a whole number has."""
    return max(3, len(str(int(abs(value))))) if float(value).is_integer() else 3
