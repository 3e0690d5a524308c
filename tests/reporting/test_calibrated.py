"""Cells of a calibration table from the summaries of two seeds, by hand."""

import json
from pathlib import Path

import pytest

from vspair.reporting.calibrated import calibration_cells, with_scaled

VALUES = {
    ("A", "coverage_90"): [0.3, 0.4],
    ("A", "crps"): [0.11, 0.12],
    ("A scaled", "coverage_90"): [0.91, 0.89],
    ("A scaled", "crps"): [0.08, 0.07],
    ("A scaled", "factor_50"): [2.5, 2.6],
    ("A scaled", "factor_90"): [4.0, 4.2],
}


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / f"{seed}.json" for seed in range(2)]
    for seed, path in enumerate(paths):
        at = {place: both[seed] for place, both in VALUES.items()}
        parts = {
            part: {n: at[row, n] for n in ("coverage_90", "crps")}
            for part, row in (("raw", "A"), ("scaled", "A scaled"))
        }
        factors = {level: at["A scaled", f"factor_{level}"] for level in ("50", "90")}
        path.write_text(json.dumps(parts | {"factors": factors, "scaling_level": 0.9}))
    return [str(path) for path in paths]


def test_each_method_has_a_row_as_trained_and_one_scaled_with_its_factors(paths):
    """And a cell names the number that it shows: inputs and key, followed through the files, give its values."""
    cells = calibration_cells({"A": paths, "B": paths[1:]}, "unit")
    of_b = {(row.replace("A", "B"), column): both[1:] for (row, column), both in VALUES.items()}
    assert {(cell.row, cell.column): list(cell.values) for cell in cells} == VALUES | of_b
    assert {cell.column: cell.unit for cell in cells if cell.unit} == {"crps": "unit"}
    for cell in cells:
        part, name = cell.key.split(".")
        assert [json.loads(Path(path).read_text())[part][name] for path in cell.inputs] == list(cell.values)


def test_both_rows_have_the_label_of_their_method():
    names = {"A": "ours", "B": "B", "A scaled": "ours scaled", "B scaled": "B scaled"}
    assert with_scaled({"A": "ours"}, ["A", "B"]) == names
