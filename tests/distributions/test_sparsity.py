import pytest
import torch
from scipy import stats

from vspair.distributions import SparsityPrior, SpikeSlab
from vspair.distributions.gaussian import Gaussian

SHAPES = [(2.0, 2.0), (2.0, 9.0), (12.0, 3.5), (1.5, 64.0), (502.0, 2.0)]


def prior_at(rho, alpha0, beta0):
    prior = SparsityPrior(alpha0, beta0).double()
    prior.logit_rho.data = torch.logit(torch.tensor(rho, dtype=torch.float64))
    return prior


def gradient(prior, loss):
    return torch.autograd.grad(loss, prior.logit_rho)[0].item()


@pytest.mark.parametrize(("alpha0", "beta0"), [*SHAPES, (1.0, 127.0), (1.0, 1.0), (502.0, 1.0)])
def test_the_hyperprior_is_scipys_negative_log_density_up_to_a_constant(alpha0, beta0):
    """Catches the printed sign of Eq. 21 (deviation E1)."""
    grid = [1e-4, 0.01, 0.2, 0.5, 0.9, 0.999]
    sums = [prior_at(rho, alpha0, beta0).hyperprior().item() + stats.beta.logpdf(rho, alpha0, beta0) for rho in grid]
    assert sums == pytest.approx([sums[0]] * len(grid), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("alpha0", "beta0"), SHAPES)
def test_the_hyperprior_alone_is_least_at_the_mode_of_the_beta(alpha0, beta0):
    mode = (alpha0 - 1) / (alpha0 + beta0 - 2)
    at_mode, below, above = (prior_at(rho, alpha0, beta0) for rho in (mode, mode * 0.98, mode + 0.02 * (1 - mode)))
    assert gradient(at_mode, at_mode.hyperprior()) == pytest.approx(0, abs=1e-9)
    assert below.hyperprior() > at_mode.hyperprior() < above.hyperprior()


@pytest.mark.parametrize(("alpha0", "beta0", "weight"), [(1.0, 127.0, 1.4), (3.0, 9.0, 0.7), (502.0, 1.0, 1.4)])
def test_rho_settles_between_the_mean_gate_count_and_the_hyperprior(alpha0, beta0, weight):
    """With S gates on of L the gradient vanishes at (S + weight (alpha0 - 1)) / (L + weight (alpha0 + beta0 - 2))."""
    gates = torch.rand(16, 784, generator=torch.Generator().manual_seed(5), dtype=torch.float64) ** 8
    count = gates.sum(1).mean().item()
    rho = (count + weight * (alpha0 - 1)) / (784 + weight * (alpha0 + beta0 - 2))
    zeros = torch.zeros_like(gates)

    def slope(at):
        prior = prior_at(at, alpha0, beta0)
        divergence = SpikeSlab(Gaussian(zeros, zeros), gates).kl(prior)["kl_gate"].mean()
        return gradient(prior, divergence + weight * prior.hyperprior())

    assert slope(rho) == pytest.approx(0, abs=1e-9)
    assert slope(rho * 0.99) < 0 < slope(rho * 1.01)


@pytest.mark.parametrize("start", [1 / 128, 0.12, 0.5, 0.9])
def test_rho_is_one_scalar_and_starts_where_it_is_told_to(start):
    prior = SparsityPrior(1.0, 127.0, start)
    assert sum(p.numel() for p in prior.parameters()) == 1
    assert prior.rho.item() == pytest.approx(start, rel=1e-6)
    assert SparsityPrior(1.0, 127.0).rho.item() == 0.5
