"""Cells of a calibration table from the summaries of two seeds, by hand."""

import json
from pathlib import Path

import pytest

from vspair.errors import VspairError
from vspair.reporting.calibrated import calibration_cells, promise, read_summaries, with_scaled

VALUES = {
    ("A", "coverage_90"): [0.3, 0.4],
    ("A", "crps"): [0.11, 0.12],
    ("A scaled", "coverage_90"): [0.91, 0.89],
    ("A scaled", "crps"): [0.08, 0.07],
    ("A scaled", "factor_90"): [4.0, 4.2],
    ("A assured", "coverage_90"): [0.95, 0.93],
    ("A assured", "crps"): [0.09, 0.08],
    ("A assured", "factor_90"): [5.0, 5.2],
    ("A scaled", "ink_width_90"): [0.3, 0.4],
    ("A posterior", "tarp_p"): [0.2, 0.3],
}

COUNTED = {"samples": 40, "images": 4, "units": 4, "calibration_images": 3, "calibration_units": 3}
COUNTED |= {"tested_images": 7, "tested_units": 7}
PROMISED = {"unit": "image", "delta": 0.1, "unsupported": {"scaled": {}, "assured": {}}}


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / f"{seed}.json" for seed in range(2)]
    for seed, path in enumerate(paths):
        at = {place: both[seed] for place, both in VALUES.items()}
        parts = {
            part: {column: value for (of, column), value in at.items() if of == row}
            for part in ("raw", "scaled", "assured", "posterior")
            for row in ["A" if part == "raw" else f"A {part}"]
        }
        path.write_text(json.dumps(parts | {"scaling_level": 0.9, "undefined": {}} | COUNTED | PROMISED))
    return [str(path) for path in paths]


def test_each_method_has_a_row_as_trained_and_one_scaled_with_its_factors(paths):
    """What is of all images stands beside the raw numbers.

    And a cell names the number that it shows: inputs and key, followed through the files, give its values.
    """
    rows = {"A": paths, "B": paths[1:]}
    found, without = read_summaries(rows, 7)
    assert without == ""
    cells = calibration_cells(rows, found, "unit", {"ink": {"statistic": "sum", "region": "all"}})
    of_b = {(row.replace("A", "B"), column): both[1:] for (row, column), both in VALUES.items()}
    expected = {(row.removesuffix(" posterior"), column): both for (row, column), both in (VALUES | of_b).items()}
    assert {(cell.row, cell.column): list(cell.values) for cell in cells} == expected
    units = {cell.column: cell.unit for cell in cells if cell.unit}
    assert units == {"crps": "unit", "ink_width_90": "unit times pixels"}
    for cell in cells:
        part, name = cell.key.split(".")
        assert [json.loads(Path(path).read_text())[part][name] for path in cell.inputs] == list(cell.values)


def test_both_rows_have_the_label_of_their_method():
    names = {"A": "ours", "B": "B", "A scaled": "ours scaled", "B scaled": "B scaled"}
    names |= {"A assured": "ours assured", "B assured": "B assured"}
    assert with_scaled({"A": "ours"}, ["A", "B"]) == names


def test_the_promise_names_its_unit_and_what_too_few_cannot_support():
    few = COUNTED | {"unit": "group", "units": 2, "calibration_units": 2, "delta": 0.1}
    few["unsupported"] = {"scaled": {"90": 9, "97.5": 39}, "assured": {"90": 22, "97.5": 91}}
    assert "the 3 test images of 2 groups" in promise(few)
    assert "a further group exchangeable" in promise(few)
    assert "Not scaled, since 2 groups do not support it: 90 % needs 9, 97.5 % needs 39. Not assured, " in promise(few)
    assert "at most 1 - c of its pixels (conformal risk control). The assured factor" in promise(COUNTED | PROMISED)
    assert "with probability 0.9 " in promise(COUNTED | PROMISED)
    assert "Not " not in promise(COUNTED | PROMISED)
    assert "all 7 test images, since nothing is fitted to them; their p is of 7 independent images." in promise(
        COUNTED | PROMISED
    )
    assert "7 test images" in promise(few | {"tested_units": 3})
    assert "of 3 independent images, one drawn at random from each group." in promise(few | {"tested_units": 3})


DAMAGE = {
    "truncated": (lambda text: text[:-9], "expected JSON with raw"),
    "without what is of all images": (lambda text: text.replace('"posterior"', '"prior"'), "found no posterior"),
    "without a part": (lambda text: text.replace('"scaled"', '"scald"'), "found no scaled"),
    "a text in the place of a number": (lambda text: text.replace("0.4,", '"0.4",'), "a number or null as raw.cov"),
    "of another unit": (
        lambda text: text.replace('"image"', '"slice"'),
        "expected one of image, group as unit in .*'slice'",
    ),
    "not finite": (lambda text: text.replace("0.4,", "NaN,"), "found NaN, which is no number in JSON"),
    "beyond all numbers": (lambda text: text.replace("0.4,", "1e400,"), "found the number 1e400"),
    "of fewer images": (lambda text: text.replace('"images": 4', '"images": 3'), "on 7 test images .* images 3"),
    "of other samples": (lambda text: text.replace('"samples": 40', '"samples": 41'), "found samples 41"),
    "without a column": (lambda text: text.replace('"coverage_90"', '"coverage_80"'), "columns of the others"),
    "an empty file": (lambda _: "", "expected JSON"),
    "a list": (lambda text: f"[{text}]", "found no object"),
    "no texts": (lambda text: text.replace('"samples": 40', '"samples": true'), "found True as samples"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_summary_is_refused_by_name(paths, damage):
    change, message = DAMAGE[damage]
    before = Path(paths[1]).read_text()
    Path(paths[1]).write_text(change(before))
    assert Path(paths[1]).read_text() != before
    with pytest.raises(VspairError, match=message) as caught:
        read_summaries({"A": paths}, 7)
    assert paths[1] in str(caught.value)
    assert str(caught.value).endswith("run the same command again")


def test_what_has_no_value_in_some_images_is_told_with_its_count(paths):
    Path(paths[0]).write_text(Path(paths[0]).read_text().replace('"undefined": {}', '"undefined": {"ause": 3}'))
    assert (
        read_summaries({"A": paths}, 7)[1] == "Without a value, and left out of the mean: ause of A in 3 of 4 images."
    )
