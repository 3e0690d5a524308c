"""Cells of a calibration table, as trained and after the conformal scaling."""

from collections.abc import Mapping, Sequence
from typing import Any

from vspair.errors import VspairError
from vspair.metrics import SCALINGS
from vspair.reporting.tables import Cell
from vspair.written import read_json

PARTS = ("raw", *SCALINGS)
COUNTS = ("samples", "images", "units", "calibration_images", "calibration_units", "tested_images", "tested_units")
TESTED = "posterior"
"""The part of a summary that is of all test images and has nothing fitted; it stands beside the raw numbers."""

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

ASSURED = (
    "The assured factor keeps that bound with probability {:g} over the calibration at hand (risk-controlling "
    "prediction sets, Hoeffding-Bentkus), where the scaled one keeps it on average over all."
)

WHETHER = (
    "sbc, tarp and what compares with the observations are of all {tested_images} test images, since nothing is fitted "
    "to them; their p is of {tested_units} independent images{drawn}."
)


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
            columns = all(summary[part].keys() == found[name][0][part].keys() for part in (*PARTS, TESTED))
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
    """What the scalings are promised for and for how many images, and which levels too few units cannot support."""
    told = [PROMISES[summary["unit"]].format_map(summary), ASSURED.format(1 - summary["delta"])]
    units = f"{summary['calibration_units']} {summary['unit']}s"
    for kind, levels in summary["unsupported"].items():
        if levels:
            needed = ", ".join(f"{level} % needs {number}" for level, number in levels.items())
            told.append(f"Not {kind}, since {units} do not support it: {needed}.")
    drawn = ", one drawn at random from each group" if summary["tested_units"] < summary["tested_images"] else ""
    told.append(WHETHER.format_map({**summary, "drawn": drawn}))
    return " ".join(told)


def _summary(path: str) -> dict[str, Any]:
    numbers = (*PARTS, TESTED, "undefined")
    kinds = {**dict.fromkeys((*numbers, "unsupported"), dict), **dict.fromkeys(COUNTS, int)}
    found = read_json(path, {**kinds, "unit": str, "delta": float})
    if found["unit"] not in PROMISES:
        raise _damaged(path, f"one of {', '.join(PROMISES)} as unit", found["unit"])
    if found["unsupported"].keys() != set(SCALINGS):
        raise _damaged(path, f"{' and '.join(SCALINGS)} in unsupported", found["unsupported"])
    whole = {part: found[part] for part in numbers}
    whole |= {f"unsupported.{kind}": found["unsupported"][kind] for kind in SCALINGS}
    for part, values in whole.items():
        for name, value in values.items() if isinstance(values, Mapping) else [("", values)]:
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise _damaged(path, f"a number or null as {part}.{name}", value)
    return found


def _damaged(path: str, expected: str, found: Any) -> VspairError:
    return VspairError(f"expected {expected} in {path}, found {found!r:.40}: delete it and run the same command again")


def calibration_cells(
    rows: Mapping[str, Sequence[str]],
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    unit: str,
    functionals: Mapping[str, Mapping[str, Any]],
) -> list[Cell]:
    """Rows for each method: `NAME` as trained, and `NAME scaled` and `NAME assured` with the factor of each level.

    Arguments:
        rows: name -> files of the summaries of `calibrate`, one per seed.
        found: name -> what `read_summaries` gives of them.
        unit: of x, and so of CRPS and of most functionals.
        functionals: those of the configuration, whose intervals have widths in that unit, or in it times pixels.
    """
    units = {"crps": unit} | {
        f"{name}_width_": f"{unit} times pixels" if functional["statistic"] == "sum" else unit
        for name, functional in functionals.items()
    }
    cells = []
    for name, paths in rows.items():
        summaries = found[name]
        for row, part in ((name, "raw"), *((f"{name} {kind}", kind) for kind in SCALINGS), (name, TESTED)):
            for column in summaries[0][part]:
                values = [summary[part][column] for summary in summaries]
                of = next((told for start, told in units.items() if column.startswith(start)), "")
                cells.append(Cell(row, column, values, of, paths, *_source(part, column)))
    return cells


def _source(part: str, name: str) -> tuple[str, str]:
    """Key and statistic of a cell; the name of a level such as 99.5 is no part of a dotted key."""
    return f"{part}.{name}", "" if "." in name else "value"


def with_scaled(labels: Mapping[str, str], rows: Sequence[str]) -> dict[str, str]:
    """What a reader sees in place of the names of all rows of each method."""
    shown = {row: labels.get(row, row) for row in rows}
    return shown | {f"{row} {kind}": f"{label} {kind}" for kind in SCALINGS for row, label in shown.items()}
