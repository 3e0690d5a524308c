"""The law of recorded values against scipy's logistic, its own sum, and its draws."""

import numpy as np
import pytest
import torch
from scipy.stats import logistic

from vspair.distributions.recorded import RecordedLogistic

STEP = 2 / 255
GREY = torch.linspace(-1, 1, 256, dtype=torch.float64)
BOUNDS = {"both": (-1.0, 1.0), "lower": (-1.0, None), "none": (None, None)}


def law(mean, log_scale, bounds=(-1.0, 1.0), step=STEP, like=GREY):
    whole = (torch.full_like(like, value) for value in (mean, log_scale))
    return RecordedLogistic(*whole, bounds, step)


@pytest.mark.parametrize("mean", [-3.0, -0.99, 0.1, 1.4])
@pytest.mark.parametrize("log_scale", [-7.0, -4.0, -1.0, 1.5])
def test_probabilities_of_all_grey_values_are_one_in_all(mean, log_scale):
    """Catches a bound without the mass beyond it, and steps that overlap."""
    total = law(mean, log_scale).log_probability(GREY).exp().sum()
    assert total == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_probabilities_are_differences_of_scipys_distribution_function(bounds):
    mean, scale = 0.2, np.exp(-2.0)
    edges = logistic(mean, scale).cdf(np.stack([GREY - STEP / 2, GREY + STEP / 2]))
    if bounds[0] is not None:
        edges[0, 0] = 0
    if bounds[1] is not None:
        edges[1, -1] = 1
    found = law(mean, -2.0, bounds).log_probability(GREY).exp()
    np.testing.assert_allclose(found, edges[1] - edges[0], rtol=1e-9)


@pytest.mark.parametrize("log_scale", [-1e4, -8.0, 0.0, 4.0, 1e4])
@pytest.mark.parametrize("mean", [-1e3, -1.0, 0.3, 1e3])
def test_far_and_sharp_laws_have_finite_gradients(mean, log_scale):
    """float32: catches a difference of two distribution functions, whose logarithm is -inf a few scales away."""
    heads = torch.tensor([mean, log_scale]).repeat(3, 1).requires_grad_()
    found = RecordedLogistic(*heads.unbind(1), (-1.0, 1.0), STEP).log_probability(torch.tensor([-1.0, 0.1, 1.0]))
    found.sum().backward()
    assert (found <= 0).all()
    assert found.isfinite().all()
    assert heads.grad.isfinite().all()


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_draws_have_the_mean_and_stay_inside(bounds):
    """200,000 draws to 4.5 standard errors, and shares at the bounds: catches a mean of the law without its bounds."""
    found = law(-0.9, -1.5, bounds, like=torch.zeros(200_000, dtype=torch.float64))
    draws = found.sample(torch.Generator().manual_seed(4))
    low, high = bounds
    assert low is None or draws.min() == low
    assert high is None or draws.max() <= high
    assert abs(draws.mean() - found.mean[0]) < 4.5 * draws.std() / np.sqrt(len(draws))
    if low is not None:
        expected = logistic(-0.9, np.exp(-1.5)).cdf(low)
        assert abs((draws == low).double().mean() - expected) < 4.5 * np.sqrt(expected * (1 - expected) / len(draws))


def test_the_most_likely_law_is_the_one_that_the_values_came_from():
    """Its gradient vanishes there on average: values drawn, rounded to the grid, and 4.5 standard errors."""
    n = 100_000
    heads = torch.tensor([-0.7, -1.2], dtype=torch.float64).repeat(n, 1).requires_grad_()
    found = RecordedLogistic(*heads.unbind(1), (-1.0, 1.0), STEP)
    with torch.no_grad():
        recorded = GREY[((found.sample(torch.Generator().manual_seed(5)) + 1) / STEP).round().long()]
    found.log_probability(recorded).sum().backward()
    z = heads.grad.mean(0) / (heads.grad.std(0) / np.sqrt(n))
    assert z.abs().max() < 4.5
