"""Posteriors that are given by quantiles or by a velocity field, against laws that are known."""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy.stats import kstest

from vspair.models import posterior as module
from vspair.models.posterior import FlowPosterior, QuantilePosterior

LEVELS = torch.tensor([0.1, 0.25, 0.5, 0.9])
QUANTILES = torch.tensor([[-1.0, 0.0, 2.0, 3.0], [5.0, 5.0, 6.0, 10.0]]).T[:, None]
"""Of two entries of one x, shape (levels, 1, 2)."""

MEAN, SD, SPREAD = 0.7, 0.4, 1.5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_quantile_function_goes_through_the_quantiles_and_on_beyond_them():
    posterior = QuantilePosterior(QUANTILES, LEVELS)
    share = torch.tensor([0.1, 0.25, 0.5, 0.9, 0.0, 0.375, 1.0])
    found = posterior.at(share[:, None, None].repeat(1, 1, 2))[:, 0]
    # Beyond the ends with the slopes there: 1 in 0.15 and 0 below, 1 and 4 in 0.4 above.
    expected = [[-1, 5], [0, 5], [2, 6], [3, 10], [-1 - 0.1 / 0.15, 5], [1, 5.5], [3 + 0.25, 11]]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_shares_of_draws_below_the_quantiles_are_their_levels():
    """Within 4.5 standard errors of 20,000 draws; and the draws follow the whole function."""
    n = 20_000
    draws = QuantilePosterior(QUANTILES, LEVELS).sample(n, seeded())[:, 0]
    assert draws.shape == (n, 2)
    shares = (draws[:, None, :1] <= QUANTILES[:, 0, :1]).double().mean(0)[:, 0]
    error = (LEVELS * (1 - LEVELS) / n).sqrt()
    assert ((shares - LEVELS).abs() < 4.5 * error).all()
    ends = [-1 - 0.1 / 0.15, -1, 0, 2, 3, 3.25]
    assert kstest(draws[:, 0], lambda x: np.interp(x, ends, [0, 0.1, 0.25, 0.5, 0.9, 1])).pvalue > 1e-3


def test_entries_are_drawn_independently():
    """Which is what these draws cannot say of an image."""
    draws = QuantilePosterior(QUANTILES, LEVELS).sample(20_000, seeded(1))[:, 0].double()
    assert abs(np.corrcoef(draws.T.numpy())[0, 1]) < 4.5 / 20_000**0.5


def normal_field(state, observation, time):
    """The velocity that carries N(0, SPREAD^2) to N(y + MEAN, SD^2) along straight lines, in closed form."""
    t = time[:, None]
    target, variance = observation + MEAN, ((1 - t) * SPREAD) ** 2 + (t * SD) ** 2
    return target + (t * SD**2 - (1 - t) * SPREAD**2) / variance * (state - t * target)


def flow(steps, observation):
    return FlowPosterior(normal_field, observation, (2,), SPREAD, steps)


def test_the_exact_velocity_of_a_normal_gives_its_moments(monkeypatch):
    """Mean and variance for each observation within 4.5 standard errors of 20,000 draws."""
    monkeypatch.setattr(module, "DECODED_AT_ONCE", {"cpu": 4096})
    y, n = torch.tensor([[0.0, 1.0], [-2.0, 0.5], [3.0, 3.0]]), 20_000
    draws = flow(32, y).sample(n, seeded(2)).double()
    assert draws.shape == (n, 3, 2)
    assert ((draws.mean(0) - y - MEAN).abs() < 4.5 * SD / n**0.5).all()
    assert ((draws.var(0) / SD**2 - 1).abs() < 4.5 * (2 / n) ** 0.5 + 2e-3).all()


def test_the_error_of_the_steps_falls_with_their_square():
    """dx/dt = x + 3 t^2 ends at e x(0) + 3 (2 e - 5): catches Euler's rule, and times that are off by half a step."""
    noise = torch.randn((64, 2), generator=seeded(3))

    def error(steps):
        posterior = FlowPosterior(lambda x, y, t: x + 3 * t[:, None] ** 2, torch.zeros(1, 2), (2,), 1.0, steps)
        return (posterior.sample(64, seeded(3))[:, 0] - math.e * noise - 3 * (2 * math.e - 5)).norm()

    for coarse, fine in pairwise(map(error, (4, 8, 16))):
        assert 3.4 < coarse / fine < 4.6


def test_each_draw_belongs_to_its_observation_in_parts_of_any_size(monkeypatch):
    """Five observations and seven draws, in parts of 2 and passes of 3: catches pairs that change places."""
    y = torch.arange(5.0)[:, None].expand(5, 2) * 100
    monkeypatch.setattr(module, "DRAWN_AT_ONCE", 10)
    monkeypatch.setattr(module, "DECODED_AT_ONCE", {"cpu": 3})
    draws = flow(4, y).sample(7, seeded())
    assert draws.shape == (7, 5, 2)
    assert ((draws - y).abs() < 20).all()
    assert len(draws.unique()) == 70
