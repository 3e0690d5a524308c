"""Noise of a low-dose scan: mean and variance of the logarithm of counted photons, and of an averaged observation."""

import math
from functools import cache

import numpy as np

from vspair.data.simulation import FLOOR
from vspair.data.units import MU_MAX

LEAST, EXACT = 1e-3, 1e3
"""Expected photons of a ray: below the first its noise is that of the first, and from the second on a series holds."""

PLACES = 1000
"""Expected photons at which sums are taken, evenly in their logarithm; between them interpolation is linear."""


def log_counts(expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of log(lambda / max(N, 0.1)) and its variance for N ~ Poisson(lambda), both of the shape of lambda.

    The first is the bias of the logarithm of a count: about 1 / (2 lambda), as the variance is about 1 / lambda.

    Arguments:
        expected: lambda > 0.
    """
    rate = np.maximum(np.asarray(expected, np.float64), LEAST)
    log_rates, means, log_variances = _table()
    at = np.log(rate)
    exact = np.interp(at, log_rates, means), np.exp(np.interp(at, log_rates, log_variances))
    series = 1 / (2 * rate) + 5 / (12 * rate**2), 1 / rate + 3 / (2 * rate**2)
    mean, variance = (np.where(rate < EXACT, *both) for both in zip(exact, series, strict=True))
    return mean, variance


@cache
def _table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log(lambda), the mean and the logarithm of the variance, by sums over all counts that there can be."""
    from scipy.special import gammaln

    log_rates = np.linspace(math.log(LEAST), math.log(EXACT), PLACES)
    counts = np.arange(math.ceil(EXACT + 12 * math.sqrt(EXACT)))
    weights = np.exp(counts * log_rates[:, None] - np.exp(log_rates)[:, None] - gammaln(counts + 1))
    values = log_rates[:, None] - np.log(np.maximum(counts, FLOOR))
    means = (weights * values).sum(1)
    return log_rates, means, np.log((weights * (values - means[:, None]) ** 2).sum(1))


def averaged_noise(integral: np.ndarray, photons: float, rays: int) -> tuple[np.ndarray, np.ndarray]:
    """Bias and variance of an observation that averages rays, y = mean of -log(max(N, 0.1) / photons) / MU_MAX.

    N ~ Poisson(photons exp(-MU_MAX A x)) for each ray (`vspair.data.simulation`), the rays having one line integral.

    Arguments:
        integral: A x in metres, any shape.
        photons: mean count of a ray with nothing in the way.
        rays: averaged into one entry.

    Returns:
        E[y] - A x and Var[y], both of the shape of `integral`, in metres and their square.
    """
    bias, variance = log_counts(photons * np.exp(-MU_MAX * np.asarray(integral, np.float64)))
    return bias / MU_MAX, variance / (MU_MAX**2 * rays)
