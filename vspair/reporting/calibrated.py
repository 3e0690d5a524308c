"""Cells of a calibration table, as trained and after the conformal scaling."""

from collections.abc import Mapping, Sequence
from typing import Any

from vspair.errors import VspairError
from vspair.reporting.tables import Cell
from vspair.written import read_json

SCALED = "scaled"
"""What stands behind a row's name after the conformal scaling."""

PARTS = ("raw", "scaled", "factors")
COUNTS = ("samples", "images", "units", "calibration_images", "calibration_units")

PROMISES = {
    "image": (
        "{samples} samples an image; {calibration_images} test images fit the scaling, all numbers are of the other "
        "{images}. For a further image exchangeable with those of the fit, the scaled interval of a level c misses on "
        "average at most 1 - c of its pixels (conformal risk control)."
    ),
    "group": (
        "{samples} samples an image; the {calibration_images} test images of {calibration_units} groups, such as "
        "patients, fit the scaling, all numbers are of the {images} images of the other {units}; coverages are means "
        "over groups. For a further group exchangeable with those of the fit, the scaled interval of a level c misses "
        "on average at most 1 - c of the pixels of an image drawn at random from the group (conformal risk control "
        "over groups)."
    ),
}
"""What the scaling is promised for, by unit."""


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
    alike_in = (*COUNTS, "unit", "unsupported")
    for name, paths in rows.items():
        for path, summary in zip(paths, found[name], strict=True):
            images = summary["images"] + summary["calibration_images"]
            alike = all(summary[key] == first[key] for key in alike_in)
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


def promise(summary: Mapping[str, Any]) -> str:
    """What the scaling is promised for and for how many images, and which levels too few units cannot support."""
    told = PROMISES[summary["unit"]].format_map(summary)
    if not summary["unsupported"]:
        return told
    units = f"{summary['calibration_units']} {summary['unit']}s"
    needed = ", ".join(f"{level} % needs {number}" for level, number in summary["unsupported"].items())
    return f"{told} Without a factor, since {units} do not support it: {needed}."


def _summary(path: str) -> dict[str, Any]:
    numbers = (*PARTS, "undefined", "unsupported")
    found = read_json(path, {**dict.fromkeys(numbers, dict), **dict.fromkeys(COUNTS, int), "unit": str})
    if found["unit"] not in PROMISES:
        raise VspairError(
            f"expected one of {', '.join(PROMISES)} as unit in {path}, found {found['unit']!r:.40}: delete it and run "
            "the same command again"
        )
    for part in numbers:
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
