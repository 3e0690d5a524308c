"""Cells of a calibration table, as trained and after the conformal scaling."""

from collections.abc import Mapping, Sequence
from typing import Any

from vspair.errors import VspairError
from vspair.reporting.tables import Cell
from vspair.written import read_json

SCALED = "scaled"
"""What stands behind a row's name after the conformal scaling."""

PARTS = ("raw", "scaled", "factors")
COUNTS = ("samples", "images", "calibration_images")


def read_summaries(rows: Mapping[str, Sequence[str]], test: int) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The summaries of `calibrate` by row, and a sentence on what has no value in some images, "" without any.

    Arguments:
        rows: name -> files, one per seed.
        test: test images promised, which are reported or fit the scaling.

    Raises:
        VspairError: a file is damaged, holds what another does not, or is of other numbers of images or samples.
    """
    found = {name: [_summary(path) for path in paths] for name, paths in rows.items()}
    first = next(iter(found.values()))[0]
    for name, paths in rows.items():
        for path, summary in zip(paths, found[name], strict=True):
            images = summary["images"] + summary["calibration_images"]
            alike = all(summary[key] == first[key] for key in COUNTS)
            columns = all(summary[part].keys() == found[name][0][part].keys() for part in PARTS)
            if images != test or not alike or not columns:
                counts = ", ".join(f"{key} {summary[key]}" for key in COUNTS)
                raise VspairError(
                    f"expected a calibration on {test} test images with the counts and columns of the others in "
                    f"{path}, found {counts}: delete it and run the same command again"
                )
    told = [
        f"{column} of {name} in {count} of {summary['images']} images"
        for name, summaries in found.items()
        for summary in summaries
        for column, count in summary["undefined"].items()
    ]
    return found, f"Without a value, and left out of the mean: {', '.join(told)}." if told else ""


def _summary(path: str) -> dict[str, Any]:
    found = read_json(path, {**dict.fromkeys((*PARTS, "undefined"), dict), **dict.fromkeys(COUNTS, int)})
    for part in (*PARTS, "undefined"):
        for name, value in found[part].items():
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise VspairError(
                    f"expected a number or null as {part}.{name} in {path}, found {value!r:.40}: delete it and run "
                    "the same command again"
                )
    return found


def calibration_cells(
    rows: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[Mapping[str, Any]]], unit: str
) -> list[Cell]:
    """Two rows for each method: `NAME` as trained and `NAME scaled`, the latter with the factor of each level.

    Arguments:
        rows: name -> files of the summaries of `calibrate`, one per seed.
        found: name -> what `read_summaries` gives of them.
        unit: of CRPS.
    """
    cells = []
    for name, paths in rows.items():
        summaries = found[name]
        for row, part in ((name, "raw"), (f"{name} {SCALED}", "scaled")):
            for column in summaries[0][part]:
                values = [summary[part][column] for summary in summaries]
                source = _source(part, column)
                cells.append(Cell(row, column, values, unit if column == "crps" else "", paths, *source))
        for level in summaries[0]["factors"]:
            factors = [summary["factors"][level] for summary in summaries]
            cells.append(Cell(f"{name} {SCALED}", f"factor_{level}", factors, "", paths, *_source("factors", level)))
    return cells


def _source(part: str, name: str) -> tuple[str, str]:
    """Key and statistic of a cell; the name of a level such as 99.5 is no part of a dotted key."""
    return f"{part}.{name}", "" if "." in name else "value"


def with_scaled(labels: Mapping[str, str], rows: Sequence[str]) -> dict[str, str]:
    """What a reader sees in place of the names of both rows of each method."""
    shown = {row: labels.get(row, row) for row in rows}
    return shown | {f"{row} {SCALED}": f"{label} {SCALED}" for row, label in shown.items()}
