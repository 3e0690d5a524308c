import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import Bernoulli, kl_divergence

from vspair.distributions import LINKS, Gaussian, SparsityPrior, SpikeSlab
from vspair.distributions.spike_slab import TEMPERATURE, bernoulli_kl, clamped_exponential, straight_through_gate

DRAWS = 2_000_000
BOUND = 4.5  # standard errors; a correct code passes a bound of 4.5 in all but 7 in a million comparisons


@pytest.mark.parametrize("omega", [1e-4, 1e-2, 0.1, 0.3, 0.5, 0.7, 0.98, 1 - 1e-4])
def test_a_gate_is_on_with_probability_omega(omega):
    """Two million draws: catches a threshold in the wrong place and a relaxation that shifts small omegas."""
    uniform = torch.rand(DRAWS, generator=torch.Generator().manual_seed(21))
    share = straight_through_gate(torch.full((DRAWS,), omega), uniform).double().mean().item()
    assert abs(share - omega) < BOUND * np.sqrt(omega * (1 - omega) / DRAWS)


@pytest.mark.parametrize("omega", [0.0, 1.0])
def test_certain_gates_never_flip(omega):
    """u = 0 is among the draws: catches `<=` for `<`."""
    uniform = torch.rand(DRAWS, generator=torch.Generator().manual_seed(22))
    uniform[0] = 0
    assert (straight_through_gate(torch.full((DRAWS,), omega), uniform) == omega).all()


def test_forwards_a_gate_is_exactly_zero_or_one():
    generator = torch.Generator().manual_seed(23)
    omega, uniform = torch.rand(2, 500_000, generator=generator)
    omega.requires_grad_()
    gate = straight_through_gate(omega, uniform)
    assert set(gate.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(gate.bool(), uniform < omega)


@pytest.mark.parametrize("temperature", [1.0, 50.0])
def test_backwards_a_gate_is_the_relaxed_one(temperature):
    """c s (1 - s) with s = sigmoid(c (omega - u)), computed in numpy."""
    generator = torch.Generator().manual_seed(24)
    omega, uniform = torch.rand(2, 1000, generator=generator, dtype=torch.float64)
    omega = (uniform + 0.1 * (omega - 0.5)).clamp(0, 1).requires_grad_()
    straight_through_gate(omega, uniform, temperature).sum().backward()
    s = 1 / (1 + np.exp(-temperature * (omega.detach().numpy() - uniform.numpy())))
    np.testing.assert_allclose(omega.grad.numpy(), temperature * s * (1 - s), rtol=1e-9)


def test_draws_are_exactly_zero_where_the_gate_is_off():
    gate = torch.tensor([0.0, 0.25, 0.9, 1.0]).expand(500_000, 4)
    latent = SpikeSlab(Gaussian(torch.full_like(gate, 3.0), torch.zeros_like(gate)), gate)
    share = (latent.rsample(torch.Generator().manual_seed(25)) != 0).double().mean(0)
    assert share[0] == 0
    assert share[3] == 1
    for found, omega in zip(share[1:3].tolist(), (0.25, 0.9), strict=True):
        assert abs(found - omega) < BOUND * np.sqrt(omega * (1 - omega) / len(gate))


def test_a_draws_gradient_is_masked_for_the_slab_and_relaxed_for_the_gate():
    """Eq. 22 with z* = mu + sigma epsilon: dz/dmu = gate, dz/domega = z* c s (1 - s)."""
    shape = (50, 40)
    generator = torch.Generator().manual_seed(26)
    mean, gate = torch.randn(shape, generator=generator, dtype=torch.float64), torch.full(shape, 0.5).double()
    mean.requires_grad_()
    gate.requires_grad_()
    log_variance = torch.full(shape, -1.0).double()
    draw = SpikeSlab(Gaussian(mean, log_variance), gate).rsample(torch.Generator().manual_seed(27))
    draw.sum().backward()
    on = (draw != 0).double()
    assert 0.4 < on.mean() < 0.6
    torch.testing.assert_close(mean.grad, on)
    again = torch.Generator().manual_seed(27)
    uniform = torch.empty(shape, dtype=torch.float64).uniform_(generator=again)
    slab = mean.detach() + np.exp(-0.5) * torch.empty(shape, dtype=torch.float64).normal_(generator=again)
    assert TEMPERATURE == 50, "the paper's"
    s = torch.sigmoid(TEMPERATURE * (0.5 - uniform))
    torch.testing.assert_close(gate.grad, slab * TEMPERATURE * s * (1 - s))


def test_the_divergence_of_gates_is_that_of_torch():
    omega = torch.tensor([0, 1e-6, 1e-3, 0.2, 0.5, 0.8, 1 - 1e-6, 1], dtype=torch.float64)
    for rho in (0.008, 0.5, 0.95):
        prior = torch.tensor(rho, dtype=torch.float64)
        expected = kl_divergence(Bernoulli(omega), Bernoulli(prior.expand_as(omega)))
        torch.testing.assert_close(bernoulli_kl(omega, prior.log(), torch.log1p(-prior)), expected)


@pytest.mark.parametrize(
    ("mu", "sigma", "omega", "rho"),
    [(1.5, 0.3, 0.7, 0.1), (0.0, 2.0, 0.05, 0.5), (-3.0, 1.0, 0.99, 0.9), (0.4, 0.8, 0.3, 0.3)],
)
def test_the_divergence_is_the_mean_log_ratio_under_the_mixed_measure(mu, sigma, omega, rho):
    """Monte Carlo, one million draws, 4.5 standard errors; p and q have densities for Lebesgue measure + delta_0.

    log q/p is log((1 - omega) / (1 - rho)) on the atom and log(omega N(z; mu, sigma) / (rho N(z; 0, 1))) off it.
    """
    generator = np.random.default_rng(28)
    on = generator.random(1_000_000) < omega
    z = generator.normal(mu, sigma, on.sum())
    ratio = np.full(on.shape, np.log((1 - omega) / (1 - rho)))
    ratio[on] = np.log(omega / rho) + stats.norm.logpdf(z, mu, sigma) - stats.norm.logpdf(z)
    prior = SparsityPrior(1.0, 1.0).double()
    prior.logit_rho.data = torch.logit(torch.tensor(rho, dtype=torch.float64))
    one = torch.ones(1, 1, dtype=torch.float64)
    parts = SpikeSlab(Gaussian(mu * one, 2 * np.log(sigma) * one), omega * one).kl(prior)
    found = (parts["kl_slab"] + parts["kl_gate"]).item()
    assert abs(ratio.mean() - found) < BOUND * ratio.std() / np.sqrt(len(ratio))


def test_the_divergence_is_summed_over_latents():
    latent = SpikeSlab(Gaussian(torch.randn(3, 5), torch.randn(3, 5)), torch.rand(3, 5))
    prior = SparsityPrior(1.0, 127.0)
    whole = latent.kl(prior)
    slab, gate = latent.slab, latent.gate
    parts = [
        SpikeSlab(Gaussian(slab.mean[:, [j]], slab.log_variance[:, [j]]), gate[:, [j]]).kl(prior) for j in range(5)
    ]
    for name, value in whole.items():
        torch.testing.assert_close(value, sum(part[name] for part in parts))


def test_mean_and_variance_are_those_of_the_draws():
    """200,000 draws each, 4.5 standard errors (that of a variance from the fourth moment)."""
    n = 200_000
    generator = torch.Generator().manual_seed(29)
    mean, log_variance, gate = torch.randn(3, 2, 6, generator=generator, dtype=torch.float64)
    latent = SpikeSlab(Gaussian(2 * mean, log_variance), gate.sigmoid())
    draws = latent.rsample(generator, (n,))
    centred = draws - draws.mean(0)
    variance = centred.square().mean(0)
    assert ((draws.mean(0) - latent.mean) / (variance / n).sqrt()).abs().max() < BOUND
    error = ((centred**4).mean(0) - variance**2).div(n).sqrt()
    assert ((variance - latent.variance) / error).abs().max() < BOUND


def test_the_clamped_exponential_is_exp_below_zero_and_one_above():
    head = torch.tensor([-1e4, -3.0, -1e-3, 0.0, 1e-3, 2.0, 1e4], requires_grad=True)
    omega = clamped_exponential(head)
    np.testing.assert_allclose(omega.detach().numpy(), np.exp(np.minimum(head.detach().numpy(), 0)), rtol=1e-6)
    omega.sum().backward()
    np.testing.assert_allclose(head.grad[:3].numpy(), [0, np.exp(-3), np.exp(-1e-3)], rtol=1e-6)
    assert (head.grad[4:] == 0).all()  # stuck on (deviation E12)


@pytest.mark.parametrize("link", list(LINKS))
@pytest.mark.parametrize("head", [0.0, 1e-30, -1e-30, 200.0, -200.0, 1e4, -1e4])
def test_every_link_gives_a_probability_with_finite_gradients_of_the_divergence(link, head):
    given = torch.tensor([head], requires_grad=True)
    omega = LINKS[link](given)
    prior = SparsityPrior(1.0, 127.0)
    divergence = bernoulli_kl(omega, *prior.log_probabilities)
    divergence.backward()
    assert 0 <= omega.item() <= 1
    assert divergence.isfinite()
    assert given.grad.isfinite()
    assert prior.logit_rho.grad.isfinite()


@pytest.mark.parametrize("logit", [-200.0, -17.0, 17.0, 200.0])
def test_the_divergence_stays_finite_where_rho_rounds_to_zero_or_one(logit):
    """At logit 17 float32 rounds rho to 1, whose complement has no logarithm."""
    prior = SparsityPrior(1.0, 127.0)
    prior.logit_rho.data.fill_(logit)
    divergence = bernoulli_kl(torch.tensor([0.0, 0.5, 1.0]), *prior.log_probabilities)
    divergence.sum().backward()
    assert divergence.isfinite().all()
    assert prior.logit_rho.grad.isfinite()
