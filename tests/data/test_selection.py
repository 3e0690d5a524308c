"""Chosen slices: read once from a source, written whole, and read back in shares."""

import numpy as np
import pytest

from vspair.data import selection as module
from vspair.data.selection import Selection, read_selection, select, write_selection
from vspair.data.splits import SliceSplit, require_enough
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


def chosen(count=7, observation=True, seed=0):
    """A selection of random content, so that no two slices are alike."""
    generator = np.random.default_rng(seed)
    return Selection(
        generator.random((count, 4, 4), dtype=np.float32),
        generator.permutation(100)[:count],
        generator.integers(0, 5, count),
        generator.random((count, 2, 3), dtype=np.float32) if observation else None,
        np.arange(count) >= count - 3,
    )


def same(a, b):
    pairs = [(getattr(a, part), getattr(b, part)) for part in PARTS]
    return all(x is y is None or (x.dtype == y.dtype and np.array_equal(x, y)) for x, y in pairs)


@pytest.mark.parametrize("own_sinograms", [True, False])
def test_slices_come_in_the_order_of_the_split_with_what_belongs_to_them(own_sinograms):
    found = select(Source(own_sinograms), SPLIT, halved)
    order = [7, 2, 11, 5, 3, 0, 8]
    assert found.index.tolist() == order
    assert found.images[:, 0, 0].tolist() == order
    assert found.patient.tolist() == [100 + number // 3 for number in order]
    assert found.test.tolist() == 4 * [False] + 3 * [True]
    if own_sinograms:
        assert found.observation.shape == (7, 2, 3)
        assert found.observation[:, 0, 0].tolist() == [10 * number for number in order]
    else:
        assert found.observation is None


@pytest.mark.parametrize("at_once", [1, 3, 7, 8])
def test_reading_in_parts_is_reading_at_once(monkeypatch, at_once):
    """Catches parts left out or in another order, and more slices held than are said to be."""
    expected = select(Source(True), SPLIT, halved)
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    source = Source(True)
    assert same(select(source, SPLIT, halved), expected)
    assert max(map(len, source.asked)) == min(at_once, 7)


@pytest.mark.parametrize("observation", [True, False])
def test_a_selection_comes_back_whole(tmp_path, observation):
    made = chosen(observation=observation)
    write_selection(tmp_path / "slices.safetensors", made)
    assert same(read_selection(tmp_path / "slices.safetensors"), made)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 9])
def test_shares_are_disjoint_in_order_complete_and_even(tmp_path, blocks):
    """Nine blocks of seven slices: two are empty."""
    made = chosen()
    write_selection(tmp_path / "slices.safetensors", made)
    shares = [read_selection(tmp_path / "slices.safetensors", block, blocks) for block in range(blocks)]
    joined = Selection(*(np.concatenate([getattr(share, part) for share in shares]) for part in vars(made)))
    assert same(joined, made)
    sizes = [len(share.index) for share in shares]
    assert max(sizes) - min(sizes) <= 1
    assert all(len(getattr(share, part)) == size for share, size in zip(shares, sizes, strict=True) for part in PARTS)


@pytest.mark.parametrize("keep", [0, 5, 200, -1])
def test_a_truncated_file_is_refused(tmp_path, keep):
    path = tmp_path / "slices.safetensors"
    write_selection(path, chosen())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(VspairError, match=r"slices.safetensors is not a whole file of chosen slices .*delete it"):
        read_selection(path)


@pytest.mark.parametrize("names", [("other",), ("index", "other"), ("index", "images")])
def test_a_file_of_something_else_is_refused(tmp_path, names):
    """Without an index, with an array too many, and with too few."""
    from safetensors.numpy import save_file

    save_file({name: np.zeros((3, 2)) for name in names}, tmp_path / "other.safetensors")
    with pytest.raises(VspairError, match=r"other.safetensors is not a whole file of chosen slices"):
        read_selection(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    ("needed", "part", "size"),
    [({"train": 4, "test": 3}, None, 0), ({"train": 5, "test": 3}, "train", 4), ({"train": 4, "test": 4}, "test", 3)],
)
def test_a_split_with_one_slice_too_few_is_refused(needed, part, size):
    if part is None:
        require_enough(SPLIT, needed)
        return
    with pytest.raises(VspairError, match=rf"at least {size + 1} slices for {part}, .* found {size}: take a source"):
        require_enough(SPLIT, needed)
