"""Closed forms against other routes: torch's densities, numerical integration, regression on draws."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import chi2, kstest, norm
from torch.distributions import MultivariateNormal

from vspair.distributions import AffineChannel, FullGaussian, LinearGaussian

SIZES = [(4, 3, 3), (5, 2, 7), (2, 6, 3), (1, 1, 1)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(qoi, observation, latent, seed=0):
    generator = seeded(seed)
    problem = LinearGaussian.drawn(qoi, observation, latent, noise=0.3, spread=0.4, generator=generator)
    return problem, problem.pairs(6, generator)[1]


def scalar(value):
    return torch.tensor([[value]], dtype=torch.float64)


def test_the_law_given_an_output_is_the_ratio_of_densities():
    """log p(a | b) = log p(b | a) + log p(a) - log p(b) at arbitrary points, by torch: catches a wrong gain."""
    problem, y = drawn(4, 3, 3)
    x = torch.randn(6, 4, dtype=torch.float64, generator=seeded(1))
    marginal = problem.prior.through(problem.forward)
    log_density = {
        name: MultivariateNormal(law.mean, law.covariance).log_prob(value)
        for name, law, value in (
            ("x given y", problem.posterior(y), x),
            ("y given x", problem.forward(x), y),
            ("x", problem.prior, x),
            ("y", marginal, y),
        )
    }
    expected = log_density["y given x"] + log_density["x"] - log_density["y"]
    torch.testing.assert_close(log_density["x given y"], expected)


def test_theorem_1_is_the_integral_over_x():
    """Moments of q(z | y) by quadrature of N(z | B x + c, Sigma) p(y | x) p(x): no matrix formula is used."""
    mean, variance, slope, noise, weight, offset, spread, y = 0.7, 1.3, 1.7, 0.25, -0.8, 0.4, 0.15, 2.0
    problem = LinearGaussian(
        FullGaussian(scalar(mean)[0], scalar(variance)),
        AffineChannel(scalar(slope), scalar(0.0)[0], scalar(noise)),
        AffineChannel(scalar(weight), scalar(offset)[0], scalar(spread)),
    )

    def integral(of):
        joint = lambda x: norm.pdf(x, mean, variance**0.5) * norm.pdf(y, slope * x, noise**0.5)  # noqa: E731
        return quad(lambda x: of(weight * x + offset) * joint(x), -10, 10, points=[1], epsabs=1e-13)[0]

    first = integral(lambda z: z) / integral(lambda z: 1)
    second = integral(lambda z: z**2 + spread) / integral(lambda z: 1)
    latent = problem.latent_posterior(scalar(y))
    assert latent.mean.item() == pytest.approx(first, rel=1e-9)
    assert latent.covariance.item() == pytest.approx(second - first**2, rel=1e-9)


@pytest.mark.parametrize("sizes", SIZES)
def test_both_theorems_lead_to_the_same_law(sizes):
    """Eq. 18 and 19 (tower property) against Eq. 30-33 (Bayes): catches a slip in either of the two routes."""
    problem, y = drawn(*sizes)
    one, other = problem.latent_posterior(y), problem.latent_posterior_by_bayes(y)
    torch.testing.assert_close(one.mean, other.mean, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(one.covariance, other.covariance, rtol=1e-9, atol=1e-9)
    assert torch.linalg.eigvalsh(one.covariance).min() > 0


def test_regression_on_draws_finds_eq_18_and_19():
    """Least squares of z_x on y over 200,000 draws of the chain, to 4.5 standard errors: no conditioning formula."""
    n = 200_000
    problem, new = drawn(4, 3, 3)
    x, y = problem.pairs(n, seeded(2))
    z = problem.encoder(x).sample(seeded(3)).numpy()
    features, rows = (np.insert(values.numpy(), 0, 1, axis=1) for values in (y, new))
    solution = np.linalg.lstsq(features, z, rcond=None)[0]
    residual = z - features @ solution
    exact = problem.latent_posterior(new)
    covariance = exact.covariance.numpy()
    leverage = np.einsum("ni,ij,nj->n", rows, np.linalg.inv(features.T @ features), rows)
    errors = np.sqrt(leverage[:, None] * np.diag(covariance))
    assert np.abs((rows @ solution - exact.mean.numpy()) / errors).max() < 4.5
    spread = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / n)
    assert np.abs((residual.T @ residual / n - covariance) / spread).max() < 4.5
    # The second term of Eq. 19 is what makes the test pass: without it the miss is hundreds of standard errors.
    assert np.abs((problem.encoder.noise.numpy() - covariance) / spread).max() > 100


@pytest.mark.parametrize("law", ["exact", "without the second term"])
def test_draws_given_an_observation_follow_theorem_2(law):
    """x ~ p(x | y), z ~ q(z | x) against the closed form, as a whole law: each whitened latent and the distance.

    The planted fault is the covariance Sigma_zx alone, which must be found out.
    """
    problem, y = drawn(4, 3, 3)
    x = problem.posterior(y[0]).sample(seeded(4), (5000,))
    z = problem.encoder(x).sample(seeded(5))
    exact = problem.latent_posterior(y[0])
    claimed = exact if law == "exact" else FullGaussian(exact.mean, problem.encoder.noise)
    white = claimed.whiten(z).numpy()
    p_values = [kstest(column, norm.cdf).pvalue for column in white.T]
    p_values.append(kstest((white**2).sum(1), chi2(3).cdf).pvalue)
    if law == "exact":
        assert min(p_values) > 0.01 / len(p_values)
    else:
        assert max(p_values) < 1e-6


def test_the_chain_has_the_moments_of_its_matrices():
    """Mean and covariance of y over draws, to 4.5 standard errors: catches a wrong noise level or offset."""
    n = 100_000
    problem, _ = drawn(5, 2, 3)
    y = problem.pairs(n, seeded(6))[1]
    weight = problem.forward.weight
    covariance = weight @ problem.prior.covariance @ weight.mT + 0.3**2 * torch.eye(2)
    variance = covariance.diagonal()
    assert ((y.mean(0) - weight @ problem.prior.mean) / (variance / n).sqrt()).abs().max() < 4.5
    errors = ((torch.outer(variance, variance) + covariance**2) / n).sqrt()
    assert ((y.T.cov() - covariance) / errors).abs().max() < 4.5


def test_draws_of_many_laws_have_each_its_own_covariance():
    """One covariance per mean, as the maps predict: catches a factor that is broadcast along the wrong axis."""
    covariance = torch.stack([torch.eye(2), torch.tensor([[4.0, 1.9], [1.9, 1.0]])]).double()
    law = FullGaussian(torch.tensor([[0.0, 0.0], [5.0, -5.0]]).double(), covariance)
    n = 50_000
    z = law.sample(seeded(7), (n,))
    assert z.shape == (n, 2, 2)
    for one, white, expected in zip(z.unbind(1), law.whiten(z).unbind(1), covariance, strict=True):
        for draws, truth in ((one, expected), (white, torch.eye(2).double())):
            variance = truth.diagonal()
            errors = ((torch.outer(variance, variance) + truth**2) / n).sqrt()
            assert ((draws.T.cov() - truth) / errors).abs().max() < 4.5


def test_everything_comes_from_the_generator():
    one, other = (drawn(4, 3, 3, seed=8)[1] for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, drawn(4, 3, 3, seed=9)[1])
