"""Chosen slices: read once from a source, written whole, and read back in shares."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from vspair.data import selection as module
from vspair.data.groups import UNKNOWN
from vspair.data.selection import Selection, read_selection, select, write_selection
from vspair.data.splits import SliceSplit, require_enough, require_known
from vspair.errors import VspairError

PARTS = ("images", "index", "patient", "observation", "test")
SPLIT = SliceSplit(np.array([7, 2, 11, 5]), np.array([3, 0, 8]), None)


class Source:
    """Twelve slices full of their own number; a sinogram holds the number times 10. It notes what it was asked for."""

    patients = np.arange(12) // 3 + 100

    def __init__(self, own_sinograms):
        self.own_sinograms = own_sinograms
        self.asked = []

    def images(self, index):
        self.asked.append(list(index))
        return np.full((len(index), 4, 4), np.asarray(index)[:, None, None], np.float32)

    def sinograms(self, index):
        return 10 * self.images(index)[:, :, :3] if self.own_sinograms else None


def halved(sinograms):
    return sinograms[:, ::2]


def chosen(observation=True):
    """Seven slices of random content, so that no two are alike."""
    generator = np.random.default_rng(0)
    images, sinograms = (generator.random((7, *shape), dtype=np.float32) for shape in ((4, 4), (2, 3)))
    index, patient = generator.permutation(100)[:7], generator.integers(0, 5, 7)
    return Selection(images, index, patient, sinograms if observation else None, np.arange(7) >= 4)


def same(a, b):
    pairs = [(getattr(a, part), getattr(b, part)) for part in PARTS]
    return all(x is y is None or (x.dtype == y.dtype and np.array_equal(x, y)) for x, y in pairs)


@pytest.mark.parametrize("own_sinograms", [True, False])
def test_slices_come_in_the_order_of_the_split_with_what_belongs_to_them(own_sinograms):
    found = select(Source(own_sinograms), SPLIT, halved)
    order = np.array([7, 2, 11, 5, 3, 0, 8])
    np.testing.assert_array_equal(found.index, order)
    np.testing.assert_array_equal(found.images[:, 0, 0], order)
    np.testing.assert_array_equal(found.patient, 100 + order // 3)
    assert found.test.tolist() == 4 * [False] + 3 * [True]
    assert (found.observation is None) is (not own_sinograms)
    if own_sinograms:
        assert found.observation.shape == (7, 2, 3)
        np.testing.assert_array_equal(found.observation[:, 0, 0], 10 * order)


@pytest.mark.parametrize("at_once", [1, 3, 7, 8])
def test_reading_in_parts_is_reading_at_once(monkeypatch, at_once):
    """Catches parts left out or in another order, and more slices held than are said to be."""
    expected = select(Source(True), SPLIT, halved)
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    source = Source(True)
    assert same(select(source, SPLIT, halved), expected)
    assert max(map(len, source.asked)) == min(at_once, 7)


def test_a_selection_without_observations_comes_back_whole(tmp_path):
    made = chosen(observation=False)
    write_selection(tmp_path / "slices.safetensors", made)
    assert same(read_selection(tmp_path / "slices.safetensors"), made)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 9])
def test_shares_are_disjoint_in_order_complete_and_even(tmp_path, blocks):
    """Nine blocks of seven slices: two are empty."""
    made = chosen()
    write_selection(tmp_path / "slices.safetensors", made)
    shares = [read_selection(tmp_path / "slices.safetensors", block, blocks) for block in range(blocks)]
    assert same(Selection(*(np.concatenate([getattr(share, part) for share in shares]) for part in vars(made))), made)
    sizes = [len(share.index) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    assert all(len(getattr(share, part)) == size for share, size in zip(shares, sizes, strict=True) for part in PARTS)


@pytest.mark.parametrize("keep", [0, 5, 200, -1, ("other",), ("index", "other"), ("index", "images")])
def test_a_truncated_file_or_one_of_something_else_is_refused(tmp_path, keep):
    """Of something else: without an index, with an array too many, and with too few."""
    path = tmp_path / "slices.safetensors"
    write_selection(path, chosen())
    if isinstance(keep, tuple):
        save_file({name: np.zeros((3, 2)) for name in keep}, path)
    else:
        path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(VspairError, match=r"slices.safetensors is not a whole file of chosen slices .*delete it"):
        read_selection(path)


@pytest.mark.parametrize(
    ("needed", "message"),
    [
        ({"train": 5, "test": 3}, r"at least 5 slices for train, .* found 4: take a source"),
        ({"train": 4, "test": 4}, r"at least 4 slices for test, .* found 3: take a source"),
    ],
)
def test_a_split_with_one_slice_too_few_is_refused(needed, message):
    require_enough(SPLIT, {"train": 4, "test": 3})
    with pytest.raises(VspairError, match=message):
        require_enough(SPLIT, needed)


def test_test_slices_of_unknown_patients_are_refused_where_a_further_patient_is_promised_something():
    require_known(np.array([3, 3, 0]))
    with pytest.raises(VspairError, match=r"found 2 of 3 test slices of unknown patients: .*calibration.unit=image"):
        require_known(np.array([3, UNKNOWN, UNKNOWN]))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"index": np.arange(6)}, "arrays of 6, 7 slices"),
        ({"observation": np.zeros((8, 2, 3), np.float32)}, "arrays of 7, 8 slices"),
        (
            {"images": np.full((7, 4, 4), np.nan, np.float32)},
            "`images`: expected values that are finite, found 112",
        ),
        ({"observation": np.full((7, 2, 3), np.inf, np.float32)}, "`observation`: expected values that are finite"),
        ({"images": np.zeros((7, 4, 4))}, "expected images of one of the types f4, found float64"),
        ({"images": np.zeros((7, 4, 4), np.int16)}, "expected images of one of the types f4, found int16"),
        ({"test": np.zeros(7, np.uint8)}, "expected test of one of the types b, found uint8"),
        ({"patient": np.zeros(7, np.float32)}, "expected patient of one of the types i, found float32"),
        ({"index": np.zeros((7, 1), np.int64)}, "index of the shape \\(7, 1\\)"),
    ],
)
def test_a_file_that_is_damaged_inside_is_refused(tmp_path, change, found):
    path = tmp_path / "slices.safetensors"
    save_file(vars(chosen()) | change, path)
    with pytest.raises(VspairError, match=rf"slices.safetensors.*{found}.*: delete it and run"):
        read_selection(path)
