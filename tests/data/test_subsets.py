"""Subsets with few classes: what is drawn, and that it comes back from its file."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from vspair.data.subsets import Subsets, draw_subset, draw_subsets, read_subsets, write_subsets
from vspair.errors import VspairError

LABELS = np.repeat(np.arange(10), 30)[np.random.default_rng(0).permutation(300)]
IMAGES = np.arange(300 * 4, dtype=np.uint16).astype(np.uint8).reshape(300, 2, 2)


@pytest.mark.parametrize("classes", [1, 5, 10])
def test_a_subset_has_so_many_images_of_so_many_classes(classes):
    index = draw_subset(LABELS, classes, 7, 2810)
    assert len(set(index)) == len(index) == classes * 7
    found, counts = np.unique(LABELS[index], return_counts=True)
    assert len(found) == classes and set(counts) == {7}


def test_the_draws_are_those_of_numpys_global_functions():
    """As `numpy.random.seed` and `numpy.random.choice` give them."""
    state = np.random.get_state()
    try:
        np.random.seed(2811)
        expected = []
        for chosen in np.random.choice(10, 3, replace=False):
            expected += np.random.choice(np.where(chosen == LABELS)[0], 5, replace=False).tolist()
    finally:
        np.random.set_state(state)
    assert draw_subset(LABELS, 3, 5, 2811).tolist() == expected


def test_too_few_classes_or_images_are_refused():
    with pytest.raises(VspairError, match="at least 11 classes, found 10"):
        draw_subset(LABELS, 11, 5, 0)
    with pytest.raises(VspairError, match="at least 31 images of class"):
        draw_subset(LABELS, 1, 31, 0)


def test_subsets_come_back_from_their_file(tmp_path):
    made = draw_subsets(IMAGES, LABELS, (1, 5), 6, (3, 4, 5))
    write_subsets(tmp_path / "subsets.safetensors", made)
    found = read_subsets(tmp_path / "subsets.safetensors")
    assert found.of(5).shape == (3, 30, 2, 2)
    for classes in (1, 5):
        np.testing.assert_array_equal(found.of(classes), IMAGES[made.index[classes]])
    np.testing.assert_array_equal(made.index[5][1], draw_subset(LABELS, 5, 6, 4))


@pytest.mark.parametrize(
    "arrays",
    [
        {"index.1": np.zeros((1, 2), np.int64)},
        {"images": IMAGES, "index.1": np.full((1, 2), 300)},
        {"images": IMAGES, "index.1": np.full((1, 2), -1)},
        {"images": IMAGES, "index.one": np.zeros((1, 2), np.int64)},
        {"images": IMAGES.astype(np.float32), "index.1": np.zeros((1, 2), np.int64)},
        {"images": IMAGES, "index.1": np.zeros(2, np.int64)},
    ],
)
def test_a_file_that_is_none_of_subsets_is_refused(arrays, tmp_path):
    save_file(arrays, tmp_path / "subsets.safetensors")
    with pytest.raises(VspairError, match="not a whole file of subsets"):
        read_subsets(tmp_path / "subsets.safetensors")


def test_of_gives_the_images_of_every_seed():
    subsets = Subsets(IMAGES, {2: np.array([[0, 1], [5, 4]])})
    np.testing.assert_array_equal(subsets.of(2)[1, 0], IMAGES[5])
