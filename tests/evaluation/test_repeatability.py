"""Two trainings compared, by hand: what counts as the same bits, and how a distance is measured."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from vspair.errors import VspairError
from vspair.evaluation.repeatability import Repeat, compare, read_trained, verdict_in_words

ULP = 2.0**-23
"""Distance from 1 to the next float32."""


def one(values, dtype=torch.float32):
    return {"weight": torch.tensor(values, dtype=dtype)}


def other_nan():
    """A NaN whose bits are not those of torch's usual one."""
    return torch.tensor([0x7FC00001], dtype=torch.int32).view(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64])
def test_a_copy_is_bit_equal(dtype):
    matrix = torch.arange(-6, 6).to(dtype).reshape(3, 4)
    first = {"matrix": matrix, "scalar": torch.tensor(3, dtype=dtype), "nothing": torch.tensor([], dtype=dtype)}
    copy = {name: tensor.clone() for name, tensor in first.items()}
    assert compare(first, copy) == Repeat(0, 0.0)
    assert compare(first, copy).bit_equal


def test_the_layout_in_memory_is_not_part_of_the_numbers():
    """Weights are kept channels-last on the way and contiguous in files."""
    images = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    assert compare({"w": images}, {"w": images.to(memory_format=torch.channels_last)}) == Repeat(0, 0.0)


@pytest.mark.parametrize(
    ("first", "again", "expected"),
    [
        ([1.0, 4.0], [1.0 + ULP, 4.0], Repeat(1, ULP / 4)),
        ([1.0, -2.0, 3.0], [1.0, 2.0, 3.5], Repeat(2, 4 / 3.5)),
        ([0.0, 0.0], [0.0, 3.0], Repeat(1, 1.0)),
        ([1.0], [-1.0], Repeat(1, 2.0)),
        ([0.0, 1.0], [-0.0, 1.0], Repeat(1, 0.0)),
        ([math.nan, 1.0], [math.nan, 1.0], Repeat(0, 0.0)),
        ([math.nan, 1.0], [math.nan, 1.5], Repeat(1, 0.5 / 1.5)),
        ([math.nan, 1.0], [2.0, 1.0], Repeat(1, math.inf)),
        ([math.inf, 1.0], [math.inf, 2.0], Repeat(1, 0.5)),
        ([math.inf, 1.0], [1e30, 1.0], Repeat(1, math.inf)),
        ([math.inf], [-math.inf], Repeat(1, math.inf)),
    ],
)
def test_numbers_are_counted_by_their_bits_and_measured_beside_the_largest(first, again, expected):
    """Catches ==, for which -0 is 0 and no NaN is itself, and a tolerance that lets the last bit through."""
    assert compare(one(first), one(again)) == expected
    assert compare(one(again), one(first)) == expected


def test_another_nan_is_not_the_same_bits():
    assert other_nan().isnan()
    assert compare({"weight": other_nan()}, one([math.nan])) == Repeat(1, 0.0)


def test_a_small_tensor_is_not_measured_by_a_large_one():
    first = {"large": torch.tensor([1e6]), "small": torch.tensor([1e-3, 0.0])}
    again = {"large": torch.tensor([1e6]), "small": torch.tensor([2e-3, 0.0])}
    assert compare(first, again).largest == pytest.approx(0.5)


@pytest.mark.parametrize(
    "again", [{}, one([1.0, 2.0]), one([1.0], torch.float64), one([1.0]) | {"other": torch.ones(1)}]
)
def test_trainings_of_other_tensors_are_refused(again):
    """The same bytes under another name, shape or type are another model."""
    with pytest.raises(VspairError, match=r"expected both trainings to leave (weight|other) as"):
        compare(one([1.0]), again)


def test_a_history_is_compared_to_the_last_digit(tmp_path):
    """Two neighbouring numbers, which pandas' usual parser may take for one."""
    save_file(one([1.0, 2.0]), tmp_path / "weights.safetensors")
    trained = []
    for name, total in (("first", 0.1234567890123456), ("again", math.nextafter(0.1234567890123456, 1))):
        path = tmp_path / f"{name}.csv"
        # odl, once another test has loaded it, makes numpy print twelve digits.
        with np.printoptions(legacy=False):
            pd.DataFrame([{"epoch": 1, "total": 3.5}, {"epoch": 2, "total": total}]).to_csv(path, index=False)
        trained.append(read_trained(tmp_path / "weights.safetensors", path))
    assert trained[0]["history.total"].tolist() == [3.5, 0.1234567890123456]
    assert trained[0].keys() == {"weight", "history.epoch", "history.total"}
    assert compare(*trained) == Repeat(1, pytest.approx(2**-56 / 3.5))


def test_the_verdict_names_who_is_equal_and_who_is_not():
    repeats = {"one": Repeat(0, 0.0), "two": Repeat(12, 3.21e-7), "three": Repeat(0, 0.0)}
    assert verdict_in_words(repeats, "trained again") == (
        "Trained again: bit-equal for one, three; 12 numbers of two differ by up to 3.2e-07 of the largest."
    )
    assert verdict_in_words({"two": Repeat(1, 0.0)}, "resumed") == (
        "Resumed: bit-equal for none; 1 numbers of two differ by up to 0.0e+00 of the largest."
    )
