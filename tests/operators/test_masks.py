import numpy as np
import pytest
from scipy import ndimage, stats

from vspair.operators import cover, random_patches


def masks(images, patches=10, size=5, shape=(28, 28), seed=0):
    return random_patches(images, shape, patches, size, np.random.default_rng(seed))


def test_ten_patches_lose_between_one_patch_and_ten():
    lost = masks(5000).sum((1, 2))
    assert lost.min() >= 25
    assert lost.max() <= 250
    assert len(np.unique(lost)) > 50


def test_a_mask_is_a_union_of_whole_squares_inside_the_image():
    """Opening with a square keeps exactly the pixels that some whole square inside the mask covers."""
    for mask in masks(300):
        np.testing.assert_array_equal(ndimage.binary_opening(mask, np.ones((5, 5))), mask)


@pytest.mark.parametrize("shape", [(28, 28), (9, 16)])
def test_one_patch_is_uniform_over_all_places_inside(shape):
    """Chi-square over all top left corners: catches an upper end that is left out and rows mixed with columns."""
    places = (shape[0] - 4) * (shape[1] - 4)
    found = masks(50 * places, patches=1, shape=shape, seed=1)
    assert (found.sum((1, 2)) == 25).all()
    rows, columns = found.any(2).argmax(1), found.any(1).argmax(1)
    counts = np.bincount(rows * (shape[1] - 4) + columns, minlength=places)
    assert len(counts) == places
    assert stats.chisquare(counts).pvalue > 1e-4


def test_patches_are_independent_of_each_other():
    """The share of doubly lost corners of two patches must be that of two independent draws."""
    n = 200_000
    both = masks(n, patches=2, size=2, shape=(3, 3), seed=2)
    whole = both.sum((1, 2)) == 4  # both patches at the same one of four places
    assert abs(whole.mean() - 0.25) < 4.5 * np.sqrt(0.25 * 0.75 / n)


def test_the_mean_lost_share_is_the_exact_one():
    """A pixel is lost with 1 - (1 - rows * columns / 24^2)^10; 20,000 masks, 4.5 standard errors."""
    starts = np.arange(24)
    covering = np.array([np.sum((starts <= pixel) & (pixel < starts + 5)) for pixel in range(28)])
    expected = 1 - (1 - np.outer(covering, covering) / 24**2) ** 10
    found = masks(20_000, seed=3)
    shares = found.mean((1, 2))
    assert abs(shares.mean() - expected.mean()) < 4.5 * shares.std() / np.sqrt(len(shares))
    z = (found.mean(0) - expected) / np.sqrt(expected * (1 - expected) / len(found))
    assert np.abs(z).max() < 5.5  # 784 comparisons


@pytest.mark.parametrize("patches", [1, 256])
def test_patches_as_large_as_the_image_lose_all_of_it(patches):
    """Any number may overlap: catches a count that wraps around in eight bits."""
    assert masks(3, patches=patches, size=6, shape=(6, 6)).all()


def test_cover_fills_the_mask_and_nothing_else():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4) + 100
    mask = np.zeros((3, 4), bool)
    mask[1, 2:] = True
    covered = cover(image, mask, 7)
    assert covered.dtype == np.uint8
    assert (covered[mask] == 7).all()
    np.testing.assert_array_equal(covered[~mask], image[~mask])
    assert image[1, 2] == 106
