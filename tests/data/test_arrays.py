"""Prepared files that are damaged inside: all or nothing, with a sentence."""

import json
import random

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from vspair.data import Pairs, Split, read_pairs, write_pairs
from vspair.data.blocks import join_blocks
from vspair.data.store import KINDS
from vspair.errors import VspairError


def parts(count=4, **changes):
    """One split by part; keywords replace parts, and None leaves one out."""
    generator = np.random.default_rng(count)
    made = {
        "qoi": generator.random((count, 1, 3, 3), dtype=np.float32),
        "observation": generator.random((count, 1, 2, 5), dtype=np.float32),
        "mask": np.zeros((count, 1, 3, 3), bool),
        "index": np.arange(count),
        "label": np.arange(count) - 1,
        "level": np.ones(count, np.float32),
    }
    return {name: array for name, array in (made | changes).items() if array is not None}


def file_of(path, train, test=None):
    test = parts(3) if test is None else test
    named = {"train": train, "test": test}
    save_file({f"{split}.{name}": array for split, of in named.items() for name, array in of.items()}, path)
    return path


def with_value(shape, value):
    values = np.zeros(shape, np.float32)
    values.reshape(len(values), -1)[-1, -1] = value
    return values


def test_a_whole_file_is_read(tmp_path):
    pairs = read_pairs(file_of(tmp_path / "pairs.safetensors", parts()))
    assert set(vars(pairs.train)) == set(KINDS)
    for name, array in parts().items():
        np.testing.assert_array_equal(getattr(pairs.train, name), array)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (
            {"qoi": with_value((4, 1, 3, 3), np.nan)},
            "`train.qoi`: expected values that are finite, found 1 .* nan .* row 3",
        ),
        ({"observation": with_value((4, 1, 2, 5), np.inf)}, "`train.observation`: expected values .* such as inf"),
        ({"level": np.array([1, 1, np.nan, 1], np.float32)}, "`train.level`: expected values .* such as nan .* row 2"),
        ({"index": np.arange(3)}, "expected index of as many pairs as the QoI, 4, found 3"),
        ({"index": np.array(4)}, "not a whole file of prepared pairs"),
        ({"index": np.arange(4.0)}, "expected train.index of one of the types u i, found float64"),
        ({"label": np.zeros(4, bool)}, "expected train.label of one of the types u i, found bool"),
        ({"qoi": np.zeros((4, 1, 3, 3), bool)}, "expected train.qoi of one of the types f u i, found bool"),
        (
            {"observation": np.zeros((4, 1, 2, 5), np.complex64)},
            "not a whole file of prepared pairs|kinds fui, found comp",
        ),
        (
            {"observation": np.zeros((4, 1, 5, 2), np.float32)},
            r"observation of one shape and type, .* \(1, 5, 2\) for train",
        ),
        ({"observation": np.zeros((4, 1, 2, 5), np.uint8)}, "observation of one shape and type, found uint8"),
        ({"level": None}, "expected level in both splits or in none, found it in one"),
        ({"label": None}, "train.label"),
        ({"extra": np.zeros(4)}, "found train.extra"),
    ],
)
def test_pairs_that_are_damaged_inside_are_refused(tmp_path, train, message):
    path = file_of(tmp_path / "pairs.safetensors", parts(**train))
    with pytest.raises(
        VspairError, match=rf"pairs.safetensors.*({message}).*: delete it and run the same command again"
    ):
        read_pairs(path)


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_file_without_pairs_is_refused(tmp_path, split):
    given = {"train": parts(), "test": parts(3)} | {split: parts(0)}
    with pytest.raises(VspairError, match=r"expected pairs for training and test, found qoi of \(0, 1, 3, 3\)"):
        read_pairs(file_of(tmp_path / "pairs.safetensors", given["train"], given["test"]))


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head["train.qoi"].update(shape=[2**40, 1, 3, 3]),
        lambda head: head["train.qoi"].update(data_offsets=[0, 2**50]),
        lambda head: head["train.qoi"].update(dtype="F99"),
        lambda head: head["train.qoi"].update(dtype="BF16", shape=[8, 1, 3, 3]),
        lambda head: head["train.qoi"].update(shape=[-4, 1, 3, 3]),
        lambda head: head["train.qoi"].update(shape=[4, 1, 3, 2]),
        lambda head: head["train.qoi"].update(data_offsets=head["train.index"]["data_offsets"]),
        lambda head: head.update({"__metadata__": {"format": 1}}),
    ],
)
def test_a_header_that_declares_other_than_the_file_holds_is_refused(tmp_path, change):
    content = file_of(tmp_path / "pairs.safetensors", parts()).read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + size])
    change(head)
    text = json.dumps(head).encode()
    (tmp_path / "pairs.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])
    with pytest.raises(
        VspairError, match=r"is not a whole file of prepared pairs .*delete it and run the same command"
    ):
        read_pairs(tmp_path / "pairs.safetensors")


def test_mutations_of_pairs_end_in_a_sentence_or_in_whole_pairs(tmp_path):
    """Nothing checksums the values, so that a changed one may be read; but not NaN, another shape or an exception."""
    path = file_of(tmp_path / "pairs.safetensors", parts())
    content, refused = path.read_bytes(), 0
    for seed in range(100):
        generator, data = random.Random(seed), bytearray(content)
        for _ in range(generator.randrange(1, 4)):
            at, size = generator.randrange(len(data)), generator.randrange(1, 9)
            data[at : at + size] = generator.choice([bytes(size), b"\xff" * size, generator.randbytes(size), b""])
        path.write_bytes(data)
        try:
            pairs = read_pairs(path)
            assert {name: getattr(pairs.train, name).shape for name in KINDS} == {
                n: a.shape for n, a in parts().items()
            }
            assert np.isfinite(pairs.train.qoi).all()
        except VspairError as error:
            assert path.name in str(error)
            refused += 1
    assert 5 < refused < 100


@pytest.mark.parametrize(("part", "value"), [("observation", np.nan), ("qoi", -np.inf), ("level", np.inf)])
def test_values_that_are_not_finite_are_not_written(tmp_path, part, value):
    """Where they came to be, such as noise of an extreme level, and not in the training that reads them."""
    bad = Split(**{"mask": None, "level": None} | parts(**{part: with_value(parts()[part].shape, value)[:4]}))
    with pytest.raises(
        VspairError, match=rf"the test.{part} that were made: expected values that are finite.*less extreme"
    ):
        write_pairs(tmp_path / "pairs.safetensors", Pairs(Split(**parts()), bad))
    assert not list(tmp_path.iterdir())


def block(first=0, count=4, **changes):
    generator = np.random.default_rng(first)
    made = {
        "qoi": generator.random((count, 1, 3, 3), dtype=np.float32),
        "observation": generator.random((count, 1, 2, 5), dtype=np.float32),
        "index": first + np.arange(count),
        "patient": np.full(count, -1),
        "test": np.arange(count) % 2 == 0,
    }
    return {name: array for name, array in (made | changes).items() if array is not None}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (block(4, qoi=with_value((4, 1, 3, 3), np.nan)), "`qoi`: expected values that are finite"),
        (block(4, qoi=with_value((4, 1, 3, 3), 1.5)), "`qoi`: expected values from 0 to 1, found 1 others such as 1.5"),
        (block(4, observation=with_value((4, 1, 2, 5), np.inf)), "`observation`: expected values that are finite"),
        (block(4, test=np.arange(4)), "expected test of one of the types b, found int64"),
        (block(4, index=np.arange(3)), "its parts are of the shapes"),
        (block(4, patient=np.zeros((4, 1), int)), "its parts are of the shapes"),
        (block(4, qoi=np.zeros((4, 1, 3, 2), np.float32)), "its qoi is of another shape than that of"),
        (block(4, extra=np.zeros(4)), "found extra"),
    ],
)
def test_blocks_that_are_damaged_inside_are_refused(tmp_path, other, message):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, content in zip(paths, (block(), block(4)), strict=True):
        path.write_bytes(save(content))
    assert len(join_blocks(paths).train) == 4
    paths[1].write_bytes(save(other))
    with pytest.raises(VspairError, match=rf"b.safetensors.*{message}.*delete it and run the same command again"):
        join_blocks(paths)


def test_a_slice_that_is_in_two_blocks_is_refused(tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for path, first in zip(paths, (0, 3), strict=True):
        path.write_bytes(save(block(first)))
    with pytest.raises(VspairError, match="hold a slice twice: delete them"):
        join_blocks(paths)
