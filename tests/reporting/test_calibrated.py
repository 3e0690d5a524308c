"""Cells of a calibration table from the summaries of two seeds, by hand."""

import json
from pathlib import Path

import pytest

from vspair.reporting.calibrated import calibration_cells, with_scaled

SUMMARIES = (
    {
        "raw": {"coverage_90": 0.3, "crps": 0.11},
        "scaled": {"coverage_90": 0.91, "crps": 0.08},
        "factors": {"50": 2.5, "90": 4.0},
        "scaling_level": 0.9,
    },
    {
        "raw": {"coverage_90": 0.4, "crps": 0.12},
        "scaled": {"coverage_90": 0.89, "crps": 0.07},
        "factors": {"50": 2.6, "90": 4.2},
        "scaling_level": 0.9,
    },
)


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / f"{seed}.json" for seed in range(2)]
    for path, summary in zip(paths, SUMMARIES, strict=True):
        path.write_text(json.dumps(summary))
    return [str(path) for path in paths]


def test_each_method_has_a_row_as_trained_and_one_scaled_with_its_factors(paths):
    found = {(cell.row, cell.column): cell for cell in calibration_cells({"A": paths, "B": paths[:1]}, "unit")}
    assert {place: list(cell.values) for place, cell in found.items()} == {
        ("A", "coverage_90"): [0.3, 0.4],
        ("A", "crps"): [0.11, 0.12],
        ("A scaled", "coverage_90"): [0.91, 0.89],
        ("A scaled", "crps"): [0.08, 0.07],
        ("A scaled", "factor_50"): [2.5, 2.6],
        ("A scaled", "factor_90"): [4.0, 4.2],
        ("B", "coverage_90"): [0.3],
        ("B", "crps"): [0.11],
        ("B scaled", "coverage_90"): [0.91],
        ("B scaled", "crps"): [0.08],
        ("B scaled", "factor_50"): [2.5],
        ("B scaled", "factor_90"): [4.0],
    }
    assert {column for (_, column), cell in found.items() if cell.unit} == {"crps"}
    assert found["A scaled", "crps"].unit == "unit"


def test_a_cell_names_the_number_that_it_shows(paths):
    """Followed through the files, inputs and key give the values: what a reader of the receipt does."""
    for cell in calibration_cells({"A": paths, "B": paths[1:]}, ""):
        part, name = cell.key.split(".")
        assert [json.loads(Path(path).read_text())[part][name] for path in cell.inputs] == list(cell.values)


def test_both_rows_have_the_label_of_their_method():
    assert with_scaled({"A": "ours"}, ["A", "B"]) == {
        "A": "ours",
        "B": "B",
        "A scaled": "ours scaled",
        "B scaled": "B scaled",
    }
