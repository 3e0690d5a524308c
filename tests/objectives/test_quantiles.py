"""The pinball loss: scikit-learn's, least at the quantile, and never raised by putting quantiles in order."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_pinball_loss

from vspair.objectives.quantiles import pinball

LEVELS = torch.tensor([0.1, 0.5, 0.8], dtype=torch.float64)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_it_is_the_sum_of_the_peers_losses():
    """Catches levels that go with other quantiles, and 1 - p in the place of p."""
    target, quantiles = random(5, 2, 3), random(5, 3, 2, 3, seed=1)
    expected = [
        sum(6 * mean_pinball_loss(x.flatten(), q.flatten(), alpha=p) for q, p in zip(each, LEVELS.numpy(), strict=True))
        for x, each in zip(target, quantiles, strict=True)
    ]
    np.testing.assert_allclose(pinball(quantiles, LEVELS, target), expected)


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9])
def test_its_minimiser_is_the_quantile(level):
    """Of 1,001 skewed draws, among all of them: the one with the rank of the quantile."""
    target = random(1001).exp()
    losses = pinball(target[:, None, None].expand(-1, 1, 1001), torch.tensor([level]).double(), target.expand(1001, -1))
    best = target[losses.argmin()]
    np.testing.assert_allclose(best, np.quantile(target, level, method="inverted_cdf"))


def test_quantiles_in_order_have_no_larger_loss():
    """Rearrangement: smaller for nearly all of 1,000 that cross."""
    crossing, target = random(1000, 3, 1), random(1000, 1, seed=2)
    before, after = pinball(crossing, LEVELS, target), pinball(crossing.sort(dim=1).values, LEVELS, target)
    assert (after <= before + 1e-12).all()
    assert ((before - after) > 1e-3).double().mean() > 0.75
