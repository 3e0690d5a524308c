"""Ranks of the truth and coverage around a reference: exact laws, hand-made cases, and the library's p-values."""

import math

import numpy as np
import pytest
from scipy.stats import binom, kstest

from vspair.evaluation.simulated import (
    ALPHAS,
    BAND,
    band,
    expected_coverage,
    histogram,
    mean_over,
    one_of_each,
    posterior_numbers,
    randomised_rank,
    rank_numbers,
    tarp_numbers,
    uniformity,
)

COUNT = 4_000
ALONE = np.arange(COUNT)


def seeded(seed=0):
    return np.random.default_rng(seed)


def test_a_rank_by_hand():
    pool = np.array([[3.0, 1.0, 2.0, np.nan], [1.0, 1.0, 2.0, 0.0], [2.0, 5.0, 2.0, 0.0], [4.0, 1.0, 2.0, 0.0]])
    found = randomised_rank(pool, np.full(4, 0.5))
    assert found[:3] == pytest.approx([2.5 / 4, 1.5 / 4, 2.0 / 4])
    assert np.isnan(found[3])


@pytest.mark.parametrize("values", [2, 5, 10**6], ids=lambda values: f"{values} values")
def test_ranks_of_exchangeable_numbers_are_uniform_whatever_the_ties(values):
    """Few samples and few values: without random places in ties the ranks would stand on a few points."""
    generator = seeded()
    pool = generator.integers(values, size=(8, COUNT))
    ranks = randomised_rank(pool.astype(float), generator.random(COUNT))
    assert kstest(ranks, "uniform").pvalue > 1e-3
    assert 0 <= ranks.min() <= ranks.max() < 1


@pytest.mark.parametrize("count", [1, 7, 60, 400])
@pytest.mark.parametrize("power", [1.0, 0.8, 0.5])
def test_the_p_value_is_the_librarys_and_never_below_it(count, power):
    ranks = seeded(count).random(count) ** power
    exact = kstest(ranks, "uniform", method="exact").pvalue
    found = uniformity(ranks)
    assert exact <= found + 1e-12
    if exact < 0.1:
        assert found == pytest.approx(exact, rel=1e-2)


def test_p_values_of_the_posterior_itself_are_below_a_level_no_more_often_than_that():
    """400 tests of 50 ranks: the share below 0.1 within 4.5 standard errors of 0.1, from above."""
    ranks = seeded().random((400, 50))
    share = np.mean([uniformity(each) <= 0.1 for each in ranks])
    assert 0.03 < share < 0.1 + 4.5 * math.sqrt(0.09 / 400)


def test_without_ranks_there_is_no_p_value():
    assert math.isnan(uniformity(np.array([])))


def test_means_are_over_groups_with_the_standard_error_of_their_means():
    values, group = np.array([1.0, 3.0, 5.0, np.nan, 8.0]), np.array([7, 7, 2, 2, 0])
    mean, error = mean_over(values, group)
    assert mean == pytest.approx((2 + 5 + 8) / 3)
    assert error == pytest.approx(np.std([2, 5, 8], ddof=1) / math.sqrt(3))
    assert mean_over(values[:2], group[:2])[0] == 2
    assert math.isnan(mean_over(values[:2], group[:2])[1])
    assert all(map(math.isnan, mean_over(np.array([np.nan]), np.array([0]))))


def test_one_image_of_each_group_is_drawn_and_each_as_likely():
    group = np.array([5, 5, 5, 1, 9, 9])
    drawn = np.array([one_of_each(group, seeded(seed)) for seed in range(600)])
    assert (np.sort(group[drawn], 1) == [1, 5, 9]).all()
    for image, share in enumerate((1 / 3, 1 / 3, 1 / 3, 1, 1 / 2, 1 / 2)):
        assert (drawn == image).any(1).mean() == pytest.approx(share, abs=4.5 * 0.5 / math.sqrt(600))


def test_what_ranks_say_of_their_direction():
    """Uniform: 0 and 1. Ranks at both ends: no bias, spread 3. All at 3/4: bias 1/4, spread 3/4."""
    uniform = (ALONE + 0.5) / COUNT
    assert rank_numbers(uniform, ALONE, ALONE) == pytest.approx({"p": 1, "bias": 0, "spread": 1}, abs=1e-6)
    ends = np.where(ALONE % 2, 0.0, 1 - 1e-9)
    assert rank_numbers(ends, ALONE, ALONE) == pytest.approx({"p": 0, "bias": 0, "spread": 3}, abs=1e-6)
    above = np.full(COUNT, 0.75)
    assert rank_numbers(above, ALONE, ALONE) == pytest.approx({"p": 0, "bias": 0.25, "spread": 0.75}, abs=1e-6)


def test_the_area_of_tarp_is_the_integral_that_it_says():
    """Against the trapezoid rule on a fine grid, for credibilities of another law than the uniform one."""
    credibility = seeded(1).beta(0.6, 0.7, 500)
    group = np.arange(500) // 3
    alphas = np.linspace(0.5, 1, 20_001)
    curve = expected_coverage(credibility, group, alphas)
    found = tarp_numbers(credibility, group, np.arange(500))
    assert found["area"] == pytest.approx(np.trapezoid(curve - alphas, alphas), abs=1e-4)
    alphas = np.linspace(0, 1, 20_001)
    curve = expected_coverage(credibility, group, alphas)
    assert found["error"] == pytest.approx(np.trapezoid(abs(curve - alphas), alphas), abs=1e-4)


def test_the_area_of_tarp_has_the_standard_error_that_it_says():
    """Over 300 repetitions with groups of two equal images, as many as there are halves."""
    found = [
        tarp_numbers(np.repeat(seeded(seed).random(50), 2), np.arange(100) // 2, ALONE[:50]) for seed in range(300)
    ]
    areas, errors = (np.array([each[key] for each in found]) for key in ("area", "area_se"))
    assert abs(areas.mean()) < 4.5 * areas.std() / math.sqrt(300)
    assert errors.mean() == pytest.approx(areas.std(), rel=0.15)


def test_the_sign_of_the_area_is_below_zero_where_samples_are_too_sure():
    """A truth nearer than all samples or farther than all of them: half of the regions of any credibility hold it."""
    sure, wide = np.where(ALONE % 2, 0.0, 1 - 1e-9), np.full(COUNT, 0.5)
    assert tarp_numbers(sure, ALONE, ALONE)["area"] == pytest.approx(-1 / 8, abs=1e-6)
    assert tarp_numbers(wide, ALONE, ALONE)["area"] == pytest.approx(1 / 8, abs=1e-3)
    assert tarp_numbers(sure, ALONE, ALONE)["error"] == pytest.approx(1 / 4, abs=1e-3)


def test_expected_coverage_by_hand():
    credibility, group = np.array([0.1, 0.3, 0.6, 0.9]), np.array([0, 0, 0, 1])
    found = expected_coverage(credibility, group, np.array([0, 0.2, 0.3, 0.5, 1]))
    assert found == pytest.approx([0, 1 / 6, 1 / 6, 1 / 3, 1])
    assert expected_coverage(credibility, np.arange(4), ALPHAS)[-1] == pytest.approx(1)


def test_a_histogram_is_of_known_ranks_and_a_mean_over_groups():
    ranks, group = np.array([0.05, 0.15, 0.99, np.nan]), np.array([0, 0, 1, 1])
    assert histogram(ranks, group) == pytest.approx([0.25, 0.25, *[0] * 7, 0.5])


@pytest.mark.parametrize(("share", "count"), [(0.1, 40), (0.1, 1000), (0.5, 7), (0, 30), (1, 30)])
def test_the_band_holds_what_it_says_and_a_narrower_one_does_not(share, count):
    low, high = (round(end * count) for end in band(share, count))
    assert binom.cdf(high, count, share) - binom.cdf(low - 1, count, share) >= BAND - 1e-12
    assert binom.cdf(low - 1, count, share) < (1 - BAND) / 2 <= binom.cdf(low, count, share) + 1e-12
    assert high == low or binom.cdf(high - 1, count, share) < (1 + BAND) / 2


def test_all_quantities_have_names_of_their_own():
    ranks = {"mean": (ALONE + 0.5) / COUNT, "reference": (ALONE + 0.5) / COUNT}
    found = posterior_numbers(ranks, ALONE, ALONE)
    assert [*found] == [
        *("sbc_mean_p", "sbc_mean_bias", "sbc_mean_spread"),
        *("tarp_p", "tarp_area", "tarp_area_se", "tarp_error"),
    ]
