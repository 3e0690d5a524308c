"""Where a figure's numbers come from: lines named as the CSV has them, keys filled in, nothing named twice."""

import pandas as pd
import pytest

from vspair.errors import VspairError
from vspair.reporting.printed import of_image, printed

TABLE = pd.DataFrame(
    [("A", 0.0, 12, 30.125, 1), ("A", 2.50, 12, 20.5, 2), ("B", 2.5, 7, None, 3)],
    columns=["method", "noise", "image", "psnr", "n"],
)
NAMES = ["method", "noise"]
FILES = [["a.csv"], ["b.csv"], ["c.csv"]]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "figure.csv"
    TABLE.to_csv(path, index=False)
    return path


def test_lines_have_the_names_that_a_reader_of_the_csv_sees_and_keys_are_filled_in_from_them(file):
    """`0.0` and not `0`, `2.5` and not `2.50`: what pandas wrote is what one asks `why` for; empty cells have none."""
    noted = printed(file, NAMES, FILES, of_image(TABLE, NAMES), "value")
    assert noted["index"] == NAMES
    expected = [("A 0.0", "psnr", "a", 12), ("A 0.0", "n", "a", 12), ("A 2.5", "psnr", "b", 12)]
    expected += [("A 2.5", "n", "b", 12), ("B 2.5", "n", "c", 7)]
    assert noted["cells"] == {
        f"{line}|{column}": {"inputs": [f"{source}.csv"], "key": f"{column} of image {image}", "statistic": "value"}
        for line, column, source, image in expected
    }


def test_lines_without_files_are_named_but_not_led_back(file):
    """A figure's CSV may hold what it draws as well: only the lines given files show a number."""
    assert set(printed(file, NAMES, [[], ["b"]], {"n": "n"})["cells"]) == {"A 2.5|n"}
    assert printed(file, NAMES, [], {}) == {"index": NAMES, "cells": {}}


def test_two_lines_of_one_name_are_refused(file):
    """Else the number of one would be led back to the file of the other."""
    with pytest.raises(VspairError, match=r"expected method to name each line of .*figure\.csv, found 'A' twice"):
        printed(file, ["method"], FILES, {"n": "n"})
