"""Conditional flow matching: its loss by hand, and a posterior that is known."""

import pytest
import torch

from vspair.config import Training
from vspair.models.flow.model import Flow
from vspair.training import ResidentPairs, fit, initialised

pytestmark = pytest.mark.usefixtures("one_thread")

NOISE = 0.5
"""Standard deviation of the noise of y = x + e for x ~ N(0, I) of length 2."""


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_flow_at_rest_has_the_loss_of_its_target(build, batch):
    """E ||x - e||^2 / 2 = (||x||^2 + pixels spread^2) / 2 with a spread of 0.7; 4,000 draws, 4.5 standard errors."""
    x, y = (part[:1].expand(4000, 1, 8, 8) for part in batch)
    found = build("Flow").terms(x, y, seeded(1))["velocity"].detach()
    expected = (x[0].square().sum() + 64 * 0.7**2) / 2
    assert found.std() > 0
    assert abs(found.mean() - expected) < 4.5 * found.std() / 4000**0.5


def test_the_loss_is_that_of_the_field_on_the_line_between_noise_and_x(build, batch):
    """By hand from the same generator: noise first, then one time for each pair, uniform in (0, 1)."""
    x, y = batch
    model = build("Flow")
    torch.nn.init.normal_(model.network.last.weight, generator=seeded(5))
    generator = seeded(2)
    noise, time = 0.7 * torch.randn(x.shape, generator=generator), torch.rand(6, generator=generator)
    state = (1 - time.view(6, 1, 1, 1)) * noise + time.view(6, 1, 1, 1) * x
    error = model.field(state, y, time) - (x - noise)
    found = model.terms(x, y, seeded(2))["velocity"]
    torch.testing.assert_close(found, 0.5 * error.square().sum((1, 2, 3)), rtol=1e-4, atol=1e-5)
    assert len(time.unique()) == 6


@pytest.mark.parametrize("unit", [0.1, 30.0])
def test_units_cancel_if_the_spread_has_them_too(build, batch, unit):
    """Catches a network that sees numbers in the unit of x, or a velocity that comes back in another."""
    flows = [build("Flow", spread=spread) for spread in (0.7, 0.7 * unit)]
    for model in flows:
        torch.nn.init.normal_(model.network.last.weight, generator=seeded(5))
    draws = [model.reconstruct(y, seeded(1)) for model, y in zip(flows, (batch[1], unit * batch[1]), strict=True)]
    torch.testing.assert_close(draws[1], unit * draws[0], rtol=1e-3, atol=1e-3 * unit)
    assert (draws[0] - 0.7 * torch.randn(batch[0].shape, generator=seeded(1))).norm() > 1


def test_a_trained_flow_draws_from_the_posterior_of_a_linear_gaussian_problem():
    """x given y is N(y / (1 + s^2), s^2 / (1 + s^2) I): means to 0.1 at three y, variances to 15 %.

    The standard errors of 4,000 draws are 0.007 and 2.2 %; the rest is what 1,000 short steps leave. A flow that does
    not look at y has means of 0, up to 1.2 off, and a variance of 1, five times too large.
    """
    generator = seeded(7)
    x = torch.randn(4000, 2, generator=generator)
    y = x + NOISE * torch.randn(4000, 2, generator=generator)
    model = initialised(lambda: Flow((2,), (2,), (48, 48), steps=8, spread=1.0), 0)
    for rate, epochs in ((5e-3, 16), (5e-4, 9)):
        schedule = Training(epochs=epochs, batch_size=100, learning_rate=rate, checkpoint_every=99)
        fit(model, ResidentPairs(x, y), schedule, {"velocity": 1.0}, seed=0)
    shown = torch.tensor([[0.0, 0.0], [1.5, -0.5], [-1.0, 1.0]])
    mean, variance = model.posterior(shown).moments(4000, seeded(3))
    assert (mean - shown / (1 + NOISE**2)).abs().max() < 0.1
    assert (variance / (NOISE**2 / (1 + NOISE**2)) - 1).abs().max() < 0.15
    draws = model.posterior(shown[:1]).sample(4000, seeded(4))[:, 0]
    assert abs(torch.corrcoef(draws.T)[0, 1]) < 0.15
