"""Metric files: every image that was promised, each once, with a finite number in every column that is read."""

import math

import pandas as pd
import pytest

from vspair.errors import VspairError
from vspair.metrics import LOCALISED, number, read_history, read_images, read_numbers, read_seeds, require_measured

IMAGES = "image,index,level,mse,psnr,nnz\n0,7,0.5,0.25,30.5,4\n1,3,1.5,0.5,29,0\n2,9,10,1e-05,45,12\n"
LATENTS = (
    "image,consistent,consistent_latent,consistent_ratio,consistent_change,all_latent,all_ratio,all_change\n"
    "0,1,4,2.5,0.1,4,2.5,0.1\n1,0,,,,3,1.5,0.2\n2,0,,,,,,\n"
)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "images.csv").write_text(IMAGES)
    return tmp_path / "images.csv"


def test_a_whole_file_is_what_pandas_reads(path):
    pd.testing.assert_frame_equal(read_images(path, None, 3), pd.read_csv(path))
    pd.testing.assert_frame_equal(read_images(str(path), ("mse",), optional=("nnz", "sparsity")), pd.read_csv(path))
    assert read_numbers(path, ("psnr", "nnz"), 3) == {"psnr": [30.5, 29.0, 45.0], "nnz": [4.0, 0.0, 12.0]}


FAULTS = {
    "blank": (lambda text: text.replace(",29,", ",,"), "a finite number as psnr of image 1 in .*, found nothing"),
    "nan": (lambda text: text.replace("0.25", "nan"), "a finite number as mse of image 0 in .*, found 'nan'"),
    "infinite": (lambda text: text.replace("45", "inf"), "a finite number as psnr of image 2 in .*, found 'inf'"),
    "minus infinity": (lambda text: text.replace("45", "-Infinity"), "psnr of image 2 in .*, found '-Infinity'"),
    "beyond all numbers": (lambda text: text.replace("45", "1e999"), "psnr of image 2 in .*, found '1e999'"),
    "a word of pandas": (lambda text: text.replace("29", "NA"), "psnr of image 1 in .*, found 'NA'"),
    "a blank of blanks": (lambda text: text.replace("29", " "), "psnr of image 1 in .*, found ' '"),
    "dropped at the end": (lambda text: text[: text.index("2,9")], "expected 3 lines, .* in .*, found 2"),
    "dropped within": (lambda text: text.replace("1,3,1.5,0.5,29,0\n", ""), "expected 3 lines, .*, found 2"),
    "duplicated": (lambda text: text + "2,9,10,1e-05,45,12\n", "expected 3 lines, .*, found 4"),
    "one for another": (
        lambda text: text.replace("\n1,3", "\n2,3"),
        "the images 0 to 2 .*, found '2' in place of image 1",
    ),
    "out of order": (
        lambda text: "".join(line for line in [text.splitlines(True)[k] for k in (0, 2, 1, 3)]),
        "found '1' in place of image 0",
    ),
    "a number with a point": (lambda text: text.replace("\n1,3", "\n1.0,3"), "found '1.0' in place of image 1"),
    "without a column": (lambda text: text.replace("psnr", "psnr2"), "expected a column psnr in .*, found none among"),
    "without measures": (lambda text: text.replace("mse", "mse2"), "expected a column mse in"),
    "twice a column": (lambda text: text.replace("nnz", "psnr"), "two columns of one name"),
    "a line that is short": (lambda text: text.replace(",29,0", ",29"), "5 fields in line 1, not 6"),
    "a line that is long": (lambda text: text.replace(",29,0", ",29,0,1"), "7 fields in line 1, not 6"),
    "cut in the middle": (lambda text: text[: text.index("e-05")], "fields in line 2, not 6"),
    "empty": (lambda _: "", "found: no line"),
    "without lines": (lambda text: text[: text.index("\n") + 1], "expected 3 lines, .*, found 0"),
    "a NUL": (lambda text: text.replace("45", "4\0005"), "NUL|found '4"),
    "open quotes": (lambda text: text.replace("29", '"29'), "unexpected end of data"),
    "no text": (lambda _: b"\xff\xfe\x00", "codec can't decode"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_with_file_column_and_image(path, fault):
    """Each of these pandas averages without a word, or turns into a traceback."""
    change, message = FAULTS[fault]
    text = change(IMAGES)
    assert text != IMAGES
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(VspairError, match=message) as told:
        read_images(path, ["mse", "psnr"] if fault != "without measures" else None, 3)
    assert str(path) in str(told.value)
    assert str(told.value).endswith("delete it and run the same command again")


def test_a_column_that_nobody_reads_may_be_anything(path):
    path.write_text(IMAGES.replace("0.5,0.25", "none,0.25").replace("45,12", "45,"))
    assert read_images(path, ("mse", "psnr"), 3)["psnr"].tolist() == [30.5, 29, 45]
    for columns, optional in ((None, ()), (("mse",), ("nnz",))):
        with pytest.raises(VspairError, match=r"a finite number as nnz of image 2 in .*, found nothing"):
            read_images(path, columns, 3, optional)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(VspairError, match="in the place of a regular file"):
        read_images(tmp_path)
    with pytest.raises(VspairError, match="No such file"):
        read_images(tmp_path / "images.csv")


@pytest.fixture
def localised(tmp_path):
    (tmp_path / "localisation.csv").write_text(LATENTS)
    return tmp_path / "localisation.csv"


def test_an_image_without_a_latent_is_empty_in_all_of_its_columns(localised):
    frame = read_images(localised, (), 3, empty=LOCALISED)
    assert frame["consistent_ratio"].isna().tolist() == [False, True, True]
    assert frame["all_ratio"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("0,1,4,2.5,", "0,1,4,,", "consistent_ratio of image 0 in .*, found nothing"),
        (",,,3,1.5,0.2", ",,,3,1.5,", "all_change of image 1 in .*, found nothing"),
        (",,,3,1.5,0.2", ",,,3,nan,0.2", "all_ratio of image 1 in .*, found 'nan'"),
        ("1,0,,,,", "1,0,5,,,", "consistent_ratio of image 1 in .*, found nothing"),
        ("2,0,,,,,,\n", "", "expected 3 lines, .*, found 2"),
        ("all_change", "change", "expected a column all_change"),
    ],
)
def test_a_value_that_is_missing_alone_is_refused(localised, before, after, message):
    """Blanked by itself it is not an image without a latent."""
    assert LATENTS.count(before) == 1
    localised.write_text(LATENTS.replace(before, after))
    with pytest.raises(VspairError, match=message):
        read_images(localised, (), 3, empty=LOCALISED)


def test_truth_values_are_numbers():
    words = ("True", "False", "1e-3", " 2 ", "nan", "inf", "", "x")
    assert [number(text) for text in words] == [1, 0, 0.001, 2, None, None, None, None]


@pytest.mark.parametrize(
    ("text", "epochs", "message"),
    [
        ("epoch,total\n1,0.5\n2,\n", 2, "total of line 1 in .*, found nothing"),
        ("epoch,total\n1,0.5\n3,0.25\n", 2, "the epochs 1 to 2 one after another"),
        ("epoch,total\n1,0.5\n", 2, "expected 2 lines"),
        ("step,total\n1,0.5\n", 1, "a column epoch"),
        ("epoch,total\n1,inf\n", None, "total of line 0 in .*, found 'inf'"),
    ],
)
def test_a_history_counts_its_epochs(tmp_path, text, epochs, message):
    path = tmp_path / "history.csv"
    path.write_text("epoch,total\n1,0.5\n2,0.25\n")
    assert read_history(path, 2)["total"].tolist() == [0.5, 0.25]
    path.write_text(text)
    with pytest.raises(VspairError, match=message):
        read_history(path, epochs)


def test_what_is_not_finite_is_refused_where_it_arises():
    require_measured({"mse": [0.5, 1], "ause": [math.nan, 1]}, "why", ["ause"])
    with pytest.raises(VspairError, match="expected a finite psnr of every image, found inf for image 11: why"):
        require_measured({"mse": [0.5, 1], "psnr": [30.0, math.inf]}, "why", ["psnr"], images=[3, 11])
    with pytest.raises(VspairError, match="expected a finite mse of every image, found nan for image 0"):
        require_measured(pd.DataFrame({"mse": [math.nan]}), "why")


def test_seeds_with_other_columns_are_not_put_together(tmp_path):
    """A damaged name of an optional column would take its cell out of the table without a word."""
    for seed, name in enumerate(("mse30", "mse70")):
        (tmp_path / f"{seed}.csv").write_text(f"image,label,mse,{name}\n0,3,1.5,2\n1,4,0.5,1\n")
    paths = [tmp_path / "0.csv", tmp_path / "1.csv"]
    assert [len(frame) for frame in read_seeds(paths[:1] * 2, ("mse",), 2, optional=("mse30",))] == [2, 2]
    with pytest.raises(VspairError, match=r"expected the columns of .*0.csv in .*1.csv, found mse30, mse70 in one of"):
        read_seeds(paths, ("mse",), 2, optional=("mse30",))
