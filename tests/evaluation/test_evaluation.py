import numpy as np
import pytest
import torch

from vspair.distributions import Gaussian, SpikeSlab
from vspair.evaluation import LatentStatistics, evaluate
from vspair.models import Posterior

SIDE = 6
PIXELS = SIDE * SIDE
BIAS, SD, OMEGA = 0.3, 0.5, 0.25


def images(codes):
    return codes.reshape(-1, 1, SIDE, SIDE)


class Analytic:
    """A method whose posterior is known: independent pixels, N(y + BIAS, SD^2), switched on with probability OMEGA."""

    probabilistic = True

    def __init__(self, sparse=False):
        self.sparse = sparse

    def latent(self, y):
        slab = Gaussian(y.flatten(1) + BIAS, torch.full((len(y), PIXELS), 2 * float(np.log(SD))))
        return SpikeSlab(slab, torch.full((len(y), PIXELS), OMEGA)) if self.sparse else slab

    def reconstruct(self, y, generator=None):
        return images(self.latent(y).rsample(generator))

    def posterior(self, y):
        return Posterior(self.latent(y), images, len(y))


class Shift:
    """A deterministic method that is wrong by BIAS everywhere."""

    probabilistic = False

    def reconstruct(self, y, generator=None):
        return y + BIAS


def pairs(n=400):
    x = torch.randn(n, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    return x, x.clone()


def run(method, samples=30, batch_size=64, n=400):
    return evaluate(method, *pairs(n), samples, batch_size, torch.Generator().manual_seed(2))


def z_score(values, expected):
    return (values.mean() - expected) / (values.std() / np.sqrt(len(values)))


@pytest.mark.parametrize("samples", [2, 30])
def test_errors_and_uncertainty_have_their_expectations(samples):
    """E mse = bias^2 + sd^2, E mse30 = bias^2 + sd^2 / n, E uncertainty = sd^2; 400 images, 4.5 standard errors."""
    rows = run(Analytic(), samples).images
    assert abs(z_score(rows["mse"], BIAS**2 + SD**2)) < 4.5
    assert abs(z_score(rows["mse30"], BIAS**2 + SD**2 / samples)) < 4.5
    assert abs(z_score(rows["uncertainty"], SD**2)) < 4.5


def test_a_dense_posterior_has_no_sparsity():
    assert list(run(Analytic()).images) == ["mse", "mse30", "uncertainty"]


def test_the_sparse_counts_are_those_of_the_gates():
    """nnz is Binomial(pixels, omega); its mean over 400 images to 4.5 standard errors."""
    rows = run(Analytic(sparse=True)).images
    assert list(rows) == ["mse", "mse30", "uncertainty", "nnz", "sparsity"]
    assert abs(rows["nnz"].mean() - PIXELS * OMEGA) < 4.5 * np.sqrt(PIXELS * OMEGA * (1 - OMEGA) / len(rows))
    assert rows["nnz"].nunique() > 5
    np.testing.assert_allclose(rows["sparsity"], 1 - rows["nnz"] / PIXELS, rtol=1e-6)


def test_a_deterministic_method_is_measured_exactly():
    found = run(Shift())
    assert list(found.images) == ["mse"]
    np.testing.assert_allclose(found.images["mse"], BIAS**2, rtol=1e-5)
    assert list(found.moments) == ["mean"]
    torch.testing.assert_close(found.moments["mean"], pairs()[1] + BIAS)
    assert found.latents == {}


@pytest.mark.parametrize("batch_size", [1, 7, 400, 1000])
def test_rows_are_in_the_order_of_the_images_whatever_the_batch(batch_size):
    x, y = pairs(40)
    y = y + torch.arange(40.0).reshape(-1, 1, 1, 1)
    found = evaluate(Shift(), x, y, 2, batch_size, torch.Generator())
    np.testing.assert_allclose(found.images["mse"], (np.arange(40) + BIAS) ** 2, rtol=1e-4)


def test_moments_are_kept_for_every_image():
    found = run(Analytic(), samples=500, n=20)
    assert found.moments["mean"].shape == found.moments["variance"].shape == (20, 1, SIDE, SIDE)
    z = (found.moments["mean"] - pairs(20)[1] - BIAS) / (SD / np.sqrt(500))
    assert z.abs().max() < 5
    assert abs(z.mean()) < 4.5 / np.sqrt(z.numel())
    np.testing.assert_allclose(found.moments["variance"].flatten(1).mean(1), found.images["uncertainty"], rtol=1e-5)


def test_the_same_generator_gives_the_same_numbers():
    first, again = run(Analytic(sparse=True)), run(Analytic(sparse=True))
    assert first.images.equals(again.images)


def test_collapsed_latents_are_those_that_stay_small_on_95_of_100_inputs():
    codes = torch.ones(100, 4)
    codes[:95, 0] = 0.009  # small on 95 inputs: collapsed
    codes[:94, 1] = -0.009  # on 94: not
    codes[:, 2] = 0  # always: collapsed
    codes[:, 3] = -1  # large and negative: not
    statistics = LatentStatistics()
    for part in codes.split(30):
        statistics.update(part, None)
    assert statistics.summary() == {"collapsed": 0.5}


def test_stuck_gates_are_those_at_exactly_one():
    gates = torch.tensor([[1.0, 1.0, 0.999, 0.0], [1.0, 0.5, 1.0, 0.0]])
    statistics = LatentStatistics()
    for row in gates:
        statistics.update(torch.ones(1, 4), row[None])
    assert statistics.summary() == {"collapsed": 0.0, "gates_at_one": 4 / 8, "always_at_one": 0.25}


def test_latent_shares_of_a_sparse_method():
    """Three of four codes are off on average, so no latent is small on 95 % of 400 inputs, and no gate is at one."""
    assert run(Analytic(sparse=True)).latents == {"collapsed": 0.0, "gates_at_one": 0.0, "always_at_one": 0.0}
