import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vspair.config import Weights
from vspair.distributions import Gaussian, Point
from vspair.objectives import (
    gate_entropy,
    half_squared_error,
    mapping_error,
    negative_elbo,
    squared_error,
    squared_error_alone,
    term_weights,
    total,
)

TABLE_9 = {
    "PAIR": Weights(lambda1=1.0, lambda2=0.5, lambda3=1.0),
    "vPAIR": Weights(lambda1=1.0, lambda2=0.5, lambda3=1.0, gamma_x=1.0, gamma_y=0.1),
    "sVAE": Weights(lambda1=1.0, lambda_rho=1.4, gamma_x=1.0),
    "vsPAIR": Weights(lambda1=1.0, lambda2=0.5, lambda3=1.0, lambda_rho=1.4, gamma_x=1.0, gamma_y=0.1, lambda_b=0.05),
    "CVAE": Weights(lambda1=1.0, gamma_x=0.5),
    "Ensemble": Weights(lambda1=2.0),
}
VALUES = {
    **{"reconstruction_qoi": 2.0, "kl_qoi": 3.0, "kl_slab_qoi": 5.0, "kl_gate_qoi": 7.0},
    **{"reconstruction_observation": 11.0, "kl_observation": 13.0},
    **{"mapping": 17.0, "gate_entropy": 19.0, "hyperprior": 23.0},
}
BY_HAND = {
    "PAIR": 1.0 * 2 + 0.5 * 11 + 1.0 * 17,
    "vPAIR": 1.0 * (2 + 1.0 * 3) + 0.5 * (11 + 0.1 * 13) + 1.0 * 17,
    "sVAE": 1.0 * (2 + 1.0 * (5 + 7)) + 1.4 * 23,
    "vsPAIR": 1.0 * (2 + 1.0 * (5 + 7)) + 0.5 * (11 + 0.1 * 13) + 1.0 * (17 + 0.05 * 19) + 1.4 * 23,
    "CVAE": 1.0 * (2 + 0.5 * 3),
    "Ensemble": 2.0 * 2,
}


def images(seed):
    return torch.randn(3, 1, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_total_is_equation_15_with_the_weights_of_table_9_or_the_baselines(model_name, term_names):
    terms = {name: torch.full((4,), VALUES[name]) for name in term_names[model_name]}
    found = total(terms, term_weights(TABLE_9[model_name]))
    torch.testing.assert_close(found, torch.full((4,), BY_HAND[model_name]))


def test_every_weight_acts_on_its_own_terms():
    """All weights differ: catches two that are swapped, which the many ones of Table 9 would hide."""
    weights = Weights(lambda1=2, lambda2=3, lambda3=5, lambda_rho=7, gamma_x=11, gamma_y=13, lambda_b=17)
    assert term_weights(weights) == {
        "reconstruction_qoi": 2,
        "kl_qoi": 2 * 11,
        "kl_slab_qoi": 2 * 11,
        "kl_gate_qoi": 2 * 11,
        "reconstruction_observation": 3,
        "kl_observation": 3 * 13,
        "mapping": 5,
        "gate_entropy": 5 * 17,
        "hyperprior": 7,
    }


def test_a_term_without_a_weight_is_refused():
    with pytest.raises(KeyError, match="typo"):
        total({"mapping": torch.ones(2), "typo": torch.ones(2)}, term_weights(Weights()))


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


def test_the_negative_elbo_bounds_the_evidence(choices):
    """Linear decoder d(z) = z on one pixel: at the exact posterior N(x/2, 1/2) the bound is -log N(x; 0, 2)."""
    n = 400_000
    x = 1.3
    latent = Gaussian(torch.full((n, 1), x / 2), torch.full((n, 1), math.log(0.5)))
    decoded = latent.rsample(torch.Generator().manual_seed(4)).reshape(n, 1, 1, 1)
    terms = negative_elbo(latent, decoded, torch.full_like(decoded, x), choices())
    bound = (terms["reconstruction"] + terms["kl"]).double() + 0.5 * math.log(2 * math.pi)
    evidence = Normal(0.0, math.sqrt(2)).log_prob(torch.tensor(x)).item()
    assert abs(bound.mean().item() + evidence) < 4.5 * bound.std().item() / math.sqrt(n)


def test_the_negative_elbos_divergence_is_to_the_prior_that_it_is_given(choices):
    generator = torch.Generator().manual_seed(5)
    mean, log_variance, prior_mean, prior_log_variance = torch.randn(4, 3, 6, generator=generator).unbind(0)
    latent, prior = Gaussian(mean, log_variance), Gaussian(prior_mean, prior_log_variance)
    laws = [Normal(law.mean, (law.log_variance / 2).exp()) for law in (latent, prior)]
    found = negative_elbo(latent, images(0), images(1), choices(), prior)["kl"]
    torch.testing.assert_close(found, kl_divergence(*laws).sum(1))


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_deterministic_autoencoder_has_its_squared_error_alone(choices, reduction):
    decoded, target = images(0), images(1)
    found = squared_error_alone(Point(torch.zeros(3, 2)), decoded, target, choices(reconstruction_reduction=reduction))
    torch.testing.assert_close(found, {"reconstruction": squared_error(decoded, target, reduction)})
