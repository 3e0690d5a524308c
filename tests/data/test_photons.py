"""Noise of counted photons: moments of the logarithm of a Poisson count, against draws and a known series."""

import math

import numpy as np
import pytest
from scipy.stats import poisson

from vspair.data.photons import EXACT, LEAST, averaged_noise, log_counts
from vspair.data.simulation import FLOOR, _noisy
from vspair.data.units import MU_MAX


@pytest.mark.parametrize("rate", [0.02, 0.7, 4.0, 60.0, 900.0, 1100.0, 4096.0, 1e6])
def test_moments_are_sums_over_the_law_of_the_count(rate):
    """Between the places of the table to a ten-thousandth, beyond it to the next term of the series."""
    counts = np.arange(poisson.ppf(1 - 1e-15, rate) + 2)
    weights, values = poisson.pmf(counts, rate), math.log(rate) - np.log(np.maximum(counts, FLOOR))
    mean = weights @ values
    variance = weights @ (values - mean) ** 2
    found = log_counts(np.array([rate]))
    assert found[0][0] == pytest.approx(mean, rel=1e-3, abs=1e-4)
    assert found[1][0] == pytest.approx(variance, rel=2e-3)


def test_it_is_smooth_where_the_series_takes_over_and_level_below_the_table():
    mean, variance = log_counts(np.array([EXACT * (1 - 1e-9), EXACT, LEAST / 100, LEAST]))
    assert mean[0] == pytest.approx(mean[1], rel=1e-3)
    assert variance[0] == pytest.approx(variance[1], rel=1e-3)
    assert (mean[2], variance[2]) == pytest.approx((mean[3], variance[3]))


@pytest.mark.parametrize("integral", [0.0, 0.03, 0.08])
def test_an_averaged_observation_is_off_and_varies_as_simulated(integral):
    """Entries of 16 rays drawn as the scans are, of 4096, 357 and 6 photons: 4.5 standard errors of 4,000 of them."""
    drawn = _noisy(np.full((4000, 16), integral), 4096, np.random.default_rng(0)).mean(1)
    bias, variance = averaged_noise(np.array(integral), 4096, 16)
    assert drawn.mean() - integral == pytest.approx(float(bias), abs=4.5 * math.sqrt(variance / 4000))
    assert drawn.var() == pytest.approx(float(variance), rel=4.5 * math.sqrt(2 / 4000) + 0.02)
    assert math.exp(-MU_MAX * integral) * 4096 > 5
