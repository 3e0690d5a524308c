"""Published numbers that cannot be read are refused in a sentence, and none is taken for a number that is none."""

import pytest

from vspair.errors import VspairError
from vspair.published import read_published

FILE = "config/published/vspair.yaml"
WHOLE = "table1:\n  conditions: {preset: paper}\n  values:\n    A: {mse: [0.5, 0.1], nnz: [3, 0]}\n"


def test_a_table_is_read(tmp_path):
    path = tmp_path / "numbers.yaml"
    path.write_text(WHOLE)
    found = read_published(path, "table1")
    assert found.values == {("A", "mse"): (0.5, 0.1), ("A", "nnz"): (3, 0)}
    assert found.conditions == {"preset": "paper"}


def test_the_projects_own_file_is_whole(root):
    for table in ("table3", "table4", "table5", "table8", "table_ct"):
        assert read_published(root / FILE, table).values


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("table1", "table2", "no key 'table1'"),
        ("conditions", "condition", "no key 'conditions'"),
        ("[0.5, 0.1]", "0.5", "0.5 in row 'A', column 'mse'"),
        ("[0.5, 0.1]", "[0.5]", "[0.5] in row 'A'"),
        ("[0.5, 0.1]", "[.nan, 0.1]", "[nan, 0.1] in row 'A'"),
        ("[0.5, 0.1]", "[0.5, .inf]", "[0.5, inf] in row 'A'"),
        ("[0.5, 0.1]", "[0.5, -0.1]", "[0.5, -0.1] in row 'A'"),
        ("[0.5, 0.1]", "[true, 0.1]", "[True, 0.1] in row 'A'"),
        ("[0.5, 0.1]", "['0.5', 0.1]", "['0.5', 0.1] in row 'A'"),
        ("0.5", "9" * 400, "int too large"),
        ("0.5", "9" * 5000, "4300 digits"),
        ("mse", "[mse]", "unhashable key"),
        ("mse", "1", "row 'A', column 1, where [number, tolerance] should be"),
        ("{mse", "{{mse", "found: "),
        (WHOLE, "\x00", "found: "),
        (WHOLE, "", "found: "),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(tmp_path, before, after, said):
    path = tmp_path / "numbers.yaml"
    assert before in WHOLE
    path.write_text(WHOLE.replace(before, after))
    with pytest.raises(VspairError, match=r"expected `conditions` and `values` of table1 in .*numbers\.yaml") as error:
        read_published(path, "table1")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    path = tmp_path / "numbers.yaml"
    with pytest.raises(VspairError, match="No such file"):
        read_published(path, "table1")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(VspairError, match="codec can't decode"):
        read_published(path, "table1")
