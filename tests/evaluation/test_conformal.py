"""Conformal risk control: the factor by its definition, and the guarantee where the true risk is known."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.special import erfc
from scipy.stats import binom

from vspair.errors import VspairError
from vspair.evaluation.conformal import (
    assured_factor,
    conformal_factor,
    hoeffding_bentkus,
    units_assured,
    units_needed,
)

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
    assert units_needed(level) == needed
    values = critical_values(needed, 3, torch.Generator().manual_seed(0))
    conformal_factor(values, level)
    with pytest.raises(
        VspairError, match=rf"at least {needed} images .* level {level}, found {needed - 1}: raise .*share"
    ):
        conformal_factor(values[1:], level)


def test_with_the_fewest_images_every_pixel_is_covered():
    """n = 9 at level 0.9 leaves no pixel outside: the factor is the largest critical value; with 8 there is none."""
    values = critical_values(9, 10, torch.Generator().manual_seed(3))
    assert conformal_factor(values, 0.9) == values.max()
    with pytest.raises(VspairError, match=r"level 0.9, found 8"):
        conformal_factor(values[:8], 0.9)


SIZES = (94, 31, 9, 5, 3, 3, 2, 2, 2, 2, 1, 1, 1)
"""Slices of thirteen patients, as uneven as those of a real collection."""


def patients(generator, sizes=SIZES, pixels=4):
    """Critical values of which all of a patient's have a common factor, and the patient of each image."""
    group = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    common = torch.randn(len(sizes), 1, generator=generator)[group]
    return torch.randn(len(group), pixels, generator=generator).abs() * (SPREAD * common).exp(), group


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_a_further_patient_misses_at_most_what_was_promised(level):
    """1 - c - 2 / (n + 1) <= E risk(lambda_hat) <= 1 - c over 2,000 calibrations, n = 13 patients of unequal size."""
    generator = torch.Generator().manual_seed(5)
    found = risks([conformal_factor(*(values := patients(generator))[:1], level, values[1]) for _ in range(2_000)])
    noise = 4.5 * found.std() / math.sqrt(len(found))
    assert found.mean() <= 1 - level + noise
    assert found.mean() >= 1 - level - 2 / 14 - noise


def test_calibrated_slice_by_slice_the_promise_breaks_for_a_further_patient():
    """The case above can tell: 156 slices seem to be plenty, but most of them are of one patient."""
    generator = torch.Generator().manual_seed(5)
    found = risks([conformal_factor(patients(generator)[0], 0.9) for _ in range(2_000)])
    assert found.mean() > 0.1 + 4.5 * found.std() / math.sqrt(len(found))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_factor_of_groups_is_the_smallest_that_meets_the_bound(level):
    """By its definition, in fractions, over every critical value of groups of unequal size; some values are equal."""
    values, group = patients(torch.Generator().manual_seed(6), sizes=(7, 3, 3, 1, 1, 1, 1, 1, 1, 1), pixels=3)
    values = (10 * values).ceil() / 10

    def meets(value):
        outside = [
            Fraction(int((values[group == one] > value).sum()), values[group == one].numel()) for one in range(10)
        ]
        return Fraction(10, 11) * sum(outside) / 10 + Fraction(1, 11) <= 1 - Fraction(str(level))

    assert conformal_factor(values, level, group) == min(value for value in values.flatten().tolist() if meets(value))


def test_images_that_are_groups_of_their_own_are_images():
    values = critical_values(23, 7, torch.Generator().manual_seed(0))
    assert conformal_factor(values, 0.9, torch.randperm(23)) == conformal_factor(values, 0.9)


def test_two_patients_support_no_90_percent():
    values, group = patients(torch.Generator().manual_seed(0), sizes=(40, 40))
    with pytest.raises(VspairError, match=r"at least 9 groups to fit .* level 0.9, found 2: raise"):
        conformal_factor(values, 0.9, group)


@pytest.mark.parametrize(("units", "mean", "risk"), [(30, 0.02, 0.1), (100, 0.06, 0.1), (22, 0.0, 0.1), (50, 0.3, 0.5)])
def test_the_bound_holds_for_losses_that_are_all_or_nothing(units, mean, risk):
    """Of all losses with this expectation those have the most probable small means: it must be above their probability.

    And not by more than Bentkus' factor e, without which it would be of little use.
    """
    exact = binom.cdf(math.floor(units * mean + 1e-9), units, risk)
    assert (
        exact
        <= hoeffding_bentkus(mean, units, risk)
        <= math.e * binom.cdf(math.ceil(units * mean), units, risk) + 1e-12
    )


def test_the_bound_is_hoeffdings_where_nothing_is_lost():
    assert hoeffding_bentkus(0.0, 22, 0.1) == pytest.approx(0.9**22)
    assert hoeffding_bentkus(0.5, 22, 0.1) == 1


@pytest.mark.parametrize(
    ("level", "delta", "needed"), [(0.5, 0.1, 4), (0.9, 0.1, 22), (0.95, 0.1, 45), (0.9, 0.01, 44)]
)
def test_a_level_needs_more_images_to_be_assured(level, delta, needed):
    assert level**needed <= delta < level ** (needed - 1)
    assert units_assured(level, delta) == needed
    values = critical_values(needed, 3, torch.Generator().manual_seed(0))
    assert assured_factor(values, level, delta) >= conformal_factor(values, level)
    with pytest.raises(VspairError, match=rf"at least {needed} images .* level {level}, found {needed - 1}"):
        assured_factor(values[1:], level, delta)


@pytest.mark.parametrize(("level", "images"), [(0.5, 30), (0.9, 60)])
def test_an_assured_factor_is_too_small_at_most_as_often_as_was_said(level, images):
    """P(risk(lambda_hat) > 1 - c) <= delta = 0.1 over 1,000 calibrations; right on average is too small more often."""
    generator = torch.Generator().manual_seed(4)
    values = [critical_values(images, 10, generator) for _ in range(1_000)]
    too_small = {
        name: float((risks([fit(each) for each in values]) > 1 - level).mean())
        for name, fit in (
            ("assured", lambda each: assured_factor(each, level, 0.1)),
            ("scaled", lambda each: conformal_factor(each, level)),
        )
    }
    assert too_small["assured"] <= 0.1
    assert too_small["scaled"] > 0.25


def test_an_assured_factor_of_groups_is_of_as_many_units_as_there_are_groups():
    """400 slices of ten patients are not 400 units: 22 are needed."""
    values, group = patients(torch.Generator().manual_seed(0), sizes=(40,) * 10)
    assured_factor(values, 0.9, 0.1)
    with pytest.raises(VspairError, match=r"at least 22 groups to fit .* level 0.9, found 10"):
        assured_factor(values, 0.9, 0.1, group)
