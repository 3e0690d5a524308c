"""Similarity over all pairs and of many reconstructions, against scikit-image and the formula by hand."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from vspair.evaluation.diversity import diversity, pairwise_similarity
from vspair.evaluation.structure import Dissimilarity, SquaredError

RNG = np.random.default_rng(3)
IMAGES = torch.from_numpy(RNG.random((6, 12, 10)) ** 3)


def by_hand(x, y):
    """The formula of the paper, section 2.2, with sample variances."""
    covariance = np.cov(x.ravel(), y.ravel())
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * x.mean() * y.mean() + c1) * (2 * covariance[0, 1] + c2)
    return top / ((x.mean() ** 2 + y.mean() ** 2 + c1) * (covariance[0, 0] + covariance[1, 1] + c2))


def truth(window):
    if window is None:
        return by_hand
    return lambda x, y: structural_similarity(x, y, data_range=1, win_size=window)


@pytest.mark.parametrize("window", [3, 7, None])
def test_every_pair_has_its_similarity(window):
    found = pairwise_similarity(IMAGES.float(), window)
    wanted = truth(window)
    images = IMAGES.float().double().numpy()
    for i in range(len(images)):
        for j in range(len(images)):
            assert float(found[i, j]) == pytest.approx(wanted(images[i], images[j]), abs=1e-9)


def test_diversity_is_the_mean_and_sample_variance_over_pairs():
    wanted = [1 - truth(7)(IMAGES[i].numpy(), IMAGES[j].numpy()) for i in range(6) for j in range(i + 1, 6)]
    mean, variance = diversity(IMAGES, 7)
    assert mean == pytest.approx(np.mean(wanted), abs=1e-12)
    assert variance == pytest.approx(np.var(wanted, ddof=1), abs=1e-12)


def test_equal_images_are_not_diverse():
    mean, variance = diversity(IMAGES[:1].expand(4, -1, -1), 7)
    assert mean == pytest.approx(0, abs=1e-12) and variance == pytest.approx(0, abs=1e-12)


def test_what_has_no_diversity_is_refused():
    with pytest.raises(ValueError, match="3 images, found 2"):
        diversity(IMAGES[:2], 7)
    with pytest.raises(ValueError, match="smaller than the window of 11"):
        diversity(IMAGES, 11)


@pytest.mark.parametrize("window", [3, 7, None])
def test_reconstructions_have_their_dissimilarity_to_their_image(window):
    reconstructions = torch.from_numpy(RNG.random((4, 6, 12, 10)))
    found = Dissimilarity(IMAGES, window)(reconstructions)
    assert found.shape == (4, 6)
    for m in range(4):
        for n in range(6):
            wanted = 1 - truth(window)(reconstructions[m, n].numpy(), IMAGES[n].numpy())
            assert float(found[m, n]) == pytest.approx(wanted, abs=1e-9)


def test_the_squared_error_is_the_mean_over_pixels():
    reconstructions = torch.from_numpy(RNG.random((2, 6, 12, 10)))
    wanted = ((reconstructions.numpy() - IMAGES.numpy()) ** 2).mean((2, 3))
    np.testing.assert_allclose(SquaredError(IMAGES)(reconstructions).numpy(), wanted, rtol=1e-12)
