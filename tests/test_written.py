import json
import os

import numpy as np
import pytest
from safetensors.numpy import save_file

from vspair.errors import VspairError
from vspair.written import read_arrays, read_json

FORM = {"seconds": int | float | None, "epochs": int, "names": list}


GIVEN = '{"seconds": 1.5, "epochs": 3, "names": ["a"], "more": {"x": 1}}'


def test_a_json_file_of_a_job_is_given_back_with_further_keys(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text(GIVEN)
    assert read_json(path, FORM) == json.loads(GIVEN)
    path.write_text(GIVEN.replace("1.5", "null"))
    assert read_json(str(path), FORM)["seconds"] is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "Expecting value"),
        (GIVEN[:-3], "Expecting"),
        ("[" * 100_000, "values inside each other"),
        (GIVEN.replace("1.5", "NaN"), "NaN, which is no number in JSON"),
        (GIVEN.replace('"x": 1', '"x": -Infinity'), "-Infinity, which is no number in JSON"),
        (GIVEN.replace("1.5", "1e999"), "the number 1e999"),
        (GIVEN.replace("3,", "3" * 5000 + ","), "5000 digits, beyond 64 bits"),
        (GIVEN.replace("3,", "3.0,"), "3.0 as epochs"),
        (GIVEN.replace("3,", "true,"), "True as epochs"),
        (GIVEN.replace('["a"]', '"a"'), "'a' as names"),
        (GIVEN.replace("epochs", "epoch"), "no epochs"),
        (f"[{GIVEN}]", "no object"),
        (b"\xff\xfe", "codec can't decode"),
        ("\ud800".encode("utf-8", "surrogatepass"), "codec can't decode"),
        (None, "No such file"),
        ("folder", "a folder in the place of a regular file"),
        ("pipe", "a FIFO in the place of a regular file"),
    ],
)
def test_a_damaged_json_file_is_refused_in_a_sentence(tmp_path, text, found):
    """A pipe would be waited for without end."""
    path = tmp_path / "cost.json"
    if text == "folder":
        path.mkdir()
    elif text == "pipe":
        os.mkfifo(path)
    elif text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(
        VspairError, match=rf"expected JSON with seconds, epochs, names in {path}, found .*{found}"
    ) as told:
        read_json(path, FORM)
    assert str(told.value).endswith("it was edited or damaged; delete it and run the same command again")


ARRAYS = {
    "mean": np.arange(12, dtype=np.float32).reshape(3, 1, 2, 2),
    "latent": np.array([1, -1]),
    "one": np.array(2.0),
}


def test_arrays_are_read_whole_or_by_rows(tmp_path):
    path = tmp_path / "moments.safetensors"
    save_file(ARRAYS, path)
    found = read_arrays(path, ARRAYS)
    assert all(np.array_equal(found[name], ARRAYS[name]) and found[name].dtype == ARRAYS[name].dtype for name in ARRAYS)
    assert np.array_equal(read_arrays(path, ["mean"], [2, 0, 2])["mean"], ARRAYS["mean"][[2, 0, 2]])


def test_arrays_that_may_hold_nan_still_hold_no_infinity(tmp_path):
    path = tmp_path / "latents.safetensors"
    save_file({"sd": np.array([1.0, np.nan])}, path)
    assert np.isnan(read_arrays(path, ["sd"], undefined=["sd"])["sd"][1])
    save_file({"sd": np.array([np.inf, np.nan])}, path)
    with pytest.raises(VspairError, match="sd with numbers that are not finite"):
        read_arrays(path, ["sd"], undefined=["sd"])


@pytest.mark.parametrize(
    ("names", "rows", "change", "found"),
    [
        (["variance"], None, None, "variance"),
        (["mean"], [0, 3], None, "mean of 3 rows, of which number 3 is wanted"),
        (["one"], [0], None, "one of 0 rows"),
        (["mean"], [1], np.nan, "mean with numbers that are not finite"),
        (["mean"], None, np.inf, "mean with numbers that are not finite"),
        (["mean"], None, b"", "header|Header"),
        (["mean"], None, -1, "MetadataIncompleteBuffer|incomplete"),
        (["mean"], None, "folder", "device|directory"),
        (["mean"], None, "gone", "No such file"),
    ],
)
def test_damaged_arrays_are_refused_in_a_sentence(tmp_path, names, rows, change, found):
    path = tmp_path / "moments.safetensors"
    arrays = ARRAYS | {"mean": ARRAYS["mean"].copy()}
    if isinstance(change, float):
        arrays["mean"][1, 0, 0, 0] = change
    save_file(arrays, path)
    if change == -1:
        path.write_bytes(path.read_bytes()[:-1])
    elif isinstance(change, bytes | str):
        path.unlink()
        if change == "folder":
            path.mkdir()
        elif change == b"":
            path.touch()
    with pytest.raises(VspairError, match=rf"expected the arrays {names[0]} in {path}, found .*({found})"):
        read_arrays(path, names, rows)
