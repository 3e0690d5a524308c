"""Gaussian mixtures against moments, numerical integration and scipy."""

import pytest
import torch
from scipy.stats import multivariate_normal, norm

from vspair.distributions.mixture import GaussianMixture, on_sphere

OPERATOR = torch.tensor([[0.6, -0.8]], dtype=torch.float64)
NOISE = 0.3


def drawn(components=3, dimension=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mixture = GaussianMixture.drawn(components, dimension, 1.0, (0.1, 0.2), "uniform", generator)
    return GaussianMixture(mixture.weights.double(), mixture.means.double(), mixture.covariances.double())


def grid(half=5.0, count=601):
    axis = torch.linspace(-half, half, count, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis), (axis[1] - axis[0]).item() ** 2


@pytest.mark.parametrize("weighting", ["uniform", "softmax", "equal"])
def test_drawn_mixtures_keep_to_what_was_asked(weighting):
    generator = torch.Generator().manual_seed(3)
    mixture = GaussianMixture.drawn(50, 3, 2.0, (0.1, 0.2), weighting, generator)
    spread = mixture.covariances.diagonal(dim1=-2, dim2=-1)
    assert mixture.weights.sum().item() == pytest.approx(1, abs=1e-6)
    assert mixture.means.abs().max() <= 2
    assert spread.min() >= 0.1
    assert spread.max() <= 0.2
    assert torch.equal(mixture.covariances, torch.diag_embed(spread))


def test_density_is_the_sum_of_scipys():
    mixture, points = drawn(), torch.randn(20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    parts = zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    expected = sum(float(w) * multivariate_normal(m, c).pdf(points) for w, m, c in parts)
    assert torch.allclose(mixture.log_prob(points).exp(), torch.as_tensor(expected), rtol=1e-10)


def test_samples_have_the_moments_of_the_mixture():
    mixture = drawn()
    samples = mixture.sample(200_000, torch.Generator().manual_seed(2))
    mean = (mixture.weights[:, None] * mixture.means).sum(0)
    second = mixture.covariances + mixture.means[:, :, None] * mixture.means[:, None, :]
    covariance = (mixture.weights[:, None, None] * second).sum(0) - mean[:, None] * mean
    assert torch.allclose(samples.mean(0), mean, atol=0.01)
    assert torch.allclose(samples.T.cov(), covariance, atol=0.01)


def test_posterior_is_prior_times_likelihood():
    mixture, observation = drawn(), torch.tensor([[0.4], [-1.1]], dtype=torch.float64)
    posterior = mixture.posterior(OPERATOR, NOISE, observation)
    points, cell = grid()
    for number, y in enumerate(observation[:, 0]):
        joint = mixture.log_prob(points).exp() * torch.as_tensor(norm(y, NOISE).pdf((points @ OPERATOR.T)[:, 0]))
        evidence = joint.sum() * cell
        assert evidence.item() == pytest.approx(
            mixture.measured(OPERATOR, NOISE).log_prob(y[None]).exp().item(), rel=1e-6
        )
        of_one = GaussianMixture(posterior.weights[number], posterior.means[number], posterior.covariances)
        assert torch.allclose(of_one.log_prob(points).exp(), joint / evidence, atol=1e-6)


def test_samples_of_posteriors_follow_their_marginals():
    posterior = drawn().posterior(OPERATOR, NOISE, torch.tensor([[0.4], [-1.1], [0.0]], dtype=torch.float64))
    samples = posterior.sample(20_000, torch.Generator().manual_seed(5))
    assert samples.shape == (20_000, 3, 2)
    # What a distribution function gives of its own samples is uniform.
    ranks = posterior.marginal_cdf(samples)
    assert torch.allclose(ranks.mean(0), torch.full((3, 2), 0.5, dtype=torch.float64), atol=0.01)
    assert torch.allclose(ranks.var(0), torch.full((3, 2), 1 / 12, dtype=torch.float64), atol=0.003)


def test_a_batch_of_mixtures_has_no_posterior():
    posterior = drawn().posterior(OPERATOR, NOISE, torch.zeros(4, 1, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"expected one mixture, found a batch of shape \(4,\)"):
        posterior.posterior(OPERATOR, NOISE, torch.zeros(1, 1, dtype=torch.float64))


def test_points_on_the_sphere_keep_their_direction():
    points = torch.tensor([[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
    assert torch.allclose(on_sphere(points), torch.tensor([[0.6, 0.0, 0.8], [0.0, 0.0, 0.0]]))
