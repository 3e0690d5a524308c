"""Cells of a calibration table, as trained and after the conformal scaling."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from vspair.reporting.tables import Cell

SCALED = "scaled"
"""What stands behind a row's name after the conformal scaling."""


def calibration_cells(rows: Mapping[str, Sequence[str]], unit: str) -> list[Cell]:
    """Two rows for each method: `NAME` as trained and `NAME scaled`, the latter with the factor of each level.

    Arguments:
        rows: name -> files of the summaries of `calibrate`, one per seed.
        unit: of CRPS.
    """
    cells = []
    for name, paths in rows.items():
        summaries = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
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
