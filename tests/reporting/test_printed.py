"""Where a figure's numbers come from: lines named as the CSV has them, keys filled in, nothing named twice."""

import pandas as pd
import pytest

from vspair.errors import VspairError
from vspair.reporting.printed import of_image, printed


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "method": ["A", "A", "B"],
            "noise": [0.0, 2.50, 2.5],
            "image": [12, 12, 7],
            "psnr": [30.125, 20.5, None],
            "n": [1, 2, 3],
        }
    )


@pytest.fixture
def file(table, tmp_path):
    path = tmp_path / "figure.csv"
    table.to_csv(path, index=False)
    return path


def test_lines_have_the_names_that_a_reader_of_the_csv_sees(file):
    """`0.0` and not `0`, `2.5` and not `2.50`: what pandas wrote is what one asks `why` for."""
    noted = printed(file, ["method", "noise"], [["a.csv"], ["b.csv"], ["c.csv"]], {"n": "count"})
    assert noted["index"] == ["method", "noise"]
    assert {cell: note["inputs"] for cell, note in noted["cells"].items()} == {
        "A 0.0|n": ["a.csv"],
        "A 2.5|n": ["b.csv"],
        "B 2.5|n": ["c.csv"],
    }


def test_keys_are_filled_in_from_the_line_and_empty_cells_have_none(file, table):
    noted = printed(file, ["method", "noise"], [["a"], ["b"], ["c"]], of_image(table, ["method", "noise"]), "value")
    assert noted["cells"]["A 2.5|psnr"] == {"inputs": ["b"], "key": "psnr of image 12", "statistic": "value"}
    assert "B 2.5|psnr" not in noted["cells"]
    assert noted["cells"]["B 2.5|n"]["key"] == "n of image 7"
    assert not any(cell.endswith(("|image", "|noise")) for cell in noted["cells"])


def test_lines_without_files_are_named_but_not_led_back(file):
    """A figure's CSV may hold what it draws as well: only the lines given files show a number."""
    assert set(printed(file, ["method", "noise"], [[], ["b"]], {"n": "n"})["cells"]) == {"A 2.5|n"}
    assert printed(file, ["method", "noise"], [], {}) == {"index": ["method", "noise"], "cells": {}}


def test_two_lines_of_one_name_are_refused(file):
    """Else the number of one would be led back to the file of the other."""
    with pytest.raises(VspairError, match=r"expected method to name each line of .*figure\.csv, found 'A' twice"):
        printed(file, ["method"], [["a"], ["b"], ["c"]], {"n": "n"})
