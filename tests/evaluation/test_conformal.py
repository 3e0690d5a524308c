"""Conformal risk control: the factor by its definition, and the guarantee where the true risk is known."""

import math

import numpy as np
import pytest
import torch
from scipy.special import erfc

from vspair.errors import VspairError
from vspair.evaluation.conformal import conformal_factor, images_needed, require_images

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
SPREAD = 0.7  # of the logarithm of the images' common factors


def critical_values(images, pixels, generator):
    """|z| e^(SPREAD u), z of each pixel and u of each image standard normal: the pixels of an image depend."""
    common = torch.randn(images, 1, generator=generator)
    return torch.randn(images, pixels, generator=generator).abs() * (SPREAD * common).exp()


def risks(factors):
    """P(critical > factor), a new image's expected share of pixels outside, by Gauss-Hermite quadrature."""
    u, weights = np.polynomial.hermite_e.hermegauss(80)
    return erfc(np.outer(factors, np.exp(-SPREAD * u)) / math.sqrt(2)) @ weights / weights.sum()


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_factor_is_the_smallest_that_meets_the_bound(level):
    """By trying every critical value in exact numbers of pixels; one rank off either way would fail."""
    values = critical_values(23, 7, torch.Generator().manual_seed(0))
    factor = conformal_factor(values, level)
    sorted_values = np.sort(values.numpy().ravel())
    meets = [
        round(1e6 * (23 / 24 * (sorted_values > value).mean() + 1 / 24 - (1 - level))) <= 0 for value in sorted_values
    ]
    assert factor == sorted_values[meets.index(True)]


@pytest.mark.parametrize(("level", "images"), [(0.5, 5), (0.9, 19), (0.9, 9), (0.95, 40)])
def test_on_average_a_new_image_misses_at_most_what_was_promised_and_hardly_less(level, images):
    """1 - c - 2 / (n + 1) <= E risk(lambda_hat) <= 1 - c, to 4.5 standard errors of 2,000 calibrations.

    Images of few pixels and a strong common factor, so that a plain pooled quantile would break the upper bound.
    """
    generator = torch.Generator().manual_seed(2)
    found = risks([conformal_factor(critical_values(images, 10, generator), level) for _ in range(2_000)])
    noise = 4.5 * found.std() / math.sqrt(len(found))
    assert found.mean() <= 1 - level + noise
    assert found.mean() >= 1 - level - 2 / (images + 1) - noise


def test_without_the_correction_for_few_images_the_promise_breaks():
    """The case above can tell: the empirical 90 % quantile of 9 images misses more than 10 % on average."""
    generator = torch.Generator().manual_seed(2)
    found = risks([float(critical_values(9, 10, generator).quantile(0.9)) for _ in range(2_000)])
    assert found.mean() > 0.1 + 4.5 * found.std() / math.sqrt(len(found))


@pytest.mark.parametrize(("level", "needed"), [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_a_level_needs_a_number_of_images(level, needed):
    """1 / (1 - c) - 1 exactly; in binary fractions it is above 4 at 0.8 and above 9 at 0.9."""
    assert images_needed(level) == needed
    require_images([level], needed)
    with pytest.raises(
        VspairError, match=rf"at least {needed} images .* level {level}, found {needed - 1}: raise .*share"
    ):
        require_images([level], needed - 1)


def test_with_the_fewest_images_every_pixel_is_covered():
    """n = 9 at level 0.9 leaves no pixel outside: the factor is the largest critical value; with 8 there is none."""
    values = critical_values(9, 10, torch.Generator().manual_seed(3))
    assert conformal_factor(values, 0.9) == values.max()
    with pytest.raises(VspairError, match=r"level 0.9, found 8"):
        conformal_factor(values[:8], 0.9)
