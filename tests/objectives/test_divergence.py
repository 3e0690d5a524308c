"""The divergence of two spike-and-slab laws against sums over both gates, and against its draws."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vspair.distributions import Gaussian, SpikeSlab
from vspair.objectives.divergence import LEAST, spike_slab_divergence


def drawn(seed, gates):
    noise = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return SpikeSlab(Gaussian(*noise), gates.double().expand(4, 5))


SOURCE = drawn(1, torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]))
TARGET = drawn(2, torch.tensor([0.3, 0.2, 0.5, 0.99, 0.4]))


def test_it_is_the_sum_of_torchs_divergences():
    """Catches exchanged arguments, and slabs weighed by the target's gate."""
    found = spike_slab_divergence(SOURCE, TARGET)
    slabs = [Normal(law.slab.mean, law.slab.variance.sqrt()) for law in (SOURCE, TARGET)]
    gates = kl_divergence(Bernoulli(SOURCE.gate), Bernoulli(TARGET.gate))
    torch.testing.assert_close(found["slab"], (SOURCE.gate * kl_divergence(*slabs)).sum(1))
    torch.testing.assert_close(found["gate"], gates.sum(1))


def test_a_law_is_at_no_distance_from_itself():
    found = spike_slab_divergence(TARGET, TARGET)
    assert all(value.abs().max() < 1e-12 for value in found.values())


def test_its_gradient_in_the_target_is_that_of_the_likelihood_of_draws():
    """200,000 draws of one latent, to 4.5 standard errors: what teaches the map is -E_q log p(z) (deviation D8)."""
    n = 200_000
    source = SpikeSlab(Gaussian(torch.full((n,), 0.4), torch.full((n,), -0.5)), torch.full((n,), 0.3))
    draws = source.rsample(torch.Generator().manual_seed(6))
    heads = torch.tensor([0.1, 0.2, 0.6]).repeat(n, 1).requires_grad_()
    mean, log_variance, gate = heads.unbind(1)
    on = (draws != 0).double()
    slab = Normal(mean, (log_variance / 2).exp())
    likelihood = on * (gate.log() + slab.log_prob(draws)) + (1 - on) * (1 - gate).log()
    (-likelihood).sum().backward()
    sampled, heads.grad = heads.grad, None
    target = SpikeSlab(Gaussian(mean[:, None], log_variance[:, None]), gate[:, None])
    laws = SpikeSlab(Gaussian(source.slab.mean[:, None], source.slab.log_variance[:, None]), source.gate[:, None])
    sum(value.sum() for value in spike_slab_divergence(laws, target).values()).backward()
    z = (sampled.mean(0) - heads.grad[0]) / (sampled.std(0) / n**0.5)
    assert z.abs().max() < 4.5


@pytest.mark.parametrize("gate", [0.0, LEAST / 10, 1.0])
def test_a_closed_gate_of_the_target_has_a_finite_divergence(gate):
    """float32, where a sigmoid is 0 or 1 itself."""
    target = SpikeSlab(Gaussian(torch.zeros(1, 2), torch.zeros(1, 2)), torch.full((1, 2), gate, requires_grad=True))
    source = SpikeSlab(Gaussian(torch.ones(1, 2), torch.zeros(1, 2)), torch.tensor([[0.0, 1.0]]))
    found = spike_slab_divergence(source, target)
    sum(value.sum() for value in found.values()).backward()
    assert all(value.isfinite().all() for value in found.values())
    assert target.gate.grad.isfinite().all()
