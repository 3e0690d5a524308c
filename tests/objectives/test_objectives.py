"""Terms of the objectives against closed forms; the factors of each kind are in tests/models/test_kinds.py."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vspair.distributions import Gaussian
from vspair.objectives import gate_entropy, half_squared_error, mapping_error, negative_elbo, squared_error, total


def images(seed):
    return torch.randn(3, 1, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_total_is_the_weighted_sum_per_sample_and_needs_every_weight():
    terms = {"mapping": torch.tensor([1.0, 2.0]), "kl_qoi": torch.tensor([10.0, 30.0])}
    factors = {"mapping": 3.0, "kl_qoi": 0.5, "hyperprior": 7.0}
    torch.testing.assert_close(total(terms, factors), torch.tensor([8.0, 21.0]))
    with pytest.raises(KeyError, match="typo"):
        total(terms | {"typo": torch.ones(2)}, factors)


def test_the_elbos_reconstruction_is_a_unit_gaussians_log_density_up_to_a_constant():
    prediction, target = images(0), images(1)
    density = Normal(prediction, 1.0).log_prob(target).flatten(1).sum(1)
    torch.testing.assert_close(half_squared_error(prediction, target), -density - 10 * math.log(2 * math.pi))


@pytest.mark.parametrize("error", [squared_error, mapping_error])
def test_squared_errors_are_norms_per_sample(error):
    prediction, target = images(0), images(1)
    norms = torch.linalg.vector_norm(prediction - target, dim=(1, 2, 3)) ** 2
    torch.testing.assert_close(error(prediction, target, "sum"), norms)
    torch.testing.assert_close(error(prediction, target, "mean"), norms / 20)


def test_gate_entropy_is_zero_for_decided_gates_and_greatest_at_a_half():
    gate = torch.tensor([[0.0, 1.0, 1.0], [0.5, 0.5, 0.5], [0.5, 0.2, 1.0]])
    torch.testing.assert_close(gate_entropy(gate, "sum"), torch.tensor([0.0, 0.75, 0.41]))
    torch.testing.assert_close(gate_entropy(gate, "mean"), torch.tensor([0.0, 0.25, 0.41 / 3]))


def test_the_negative_elbo_bounds_the_evidence():
    """Linear decoder d(z) = z on one pixel: at the exact posterior N(x/2, 1/2) the bound is -log N(x; 0, 2)."""
    n = 400_000
    x = 1.3
    latent = Gaussian(torch.full((n, 1), x / 2), torch.full((n, 1), math.log(0.5)))
    decoded = latent.rsample(torch.Generator().manual_seed(4)).reshape(n, 1, 1, 1)
    terms = negative_elbo(latent, decoded, torch.full_like(decoded, x))
    bound = (terms["reconstruction"] + terms["kl"]).double() + 0.5 * math.log(2 * math.pi)
    evidence = Normal(0.0, math.sqrt(2)).log_prob(torch.tensor(x)).item()
    assert abs(bound.mean().item() + evidence) < 4.5 * bound.std().item() / math.sqrt(n)


def test_the_negative_elbos_divergence_is_to_the_prior_that_it_is_given():
    generator = torch.Generator().manual_seed(5)
    mean, log_variance, prior_mean, prior_log_variance = torch.randn(4, 3, 6, generator=generator).unbind(0)
    latent, prior = Gaussian(mean, log_variance), Gaussian(prior_mean, prior_log_variance)
    laws = [Normal(law.mean, (law.log_variance / 2).exp()) for law in (latent, prior)]
    found = negative_elbo(latent, images(0), images(1), prior)["kl"]
    torch.testing.assert_close(found, kl_divergence(*laws).sum(1))
