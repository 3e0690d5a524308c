"""The weighted sum of all terms (Eq. 15): the only place where weights are applied."""

from collections.abc import Mapping

from torch import Tensor

from vspair.config.models import Weights


def term_weights(weights: Weights) -> dict[str, float]:
    """The factor of each named term in Eq. 15, from the hyperparameters of Table 9."""
    return {
        "reconstruction_qoi": weights.lambda1,
        "kl_qoi": weights.lambda1 * weights.gamma_x,
        "kl_slab_qoi": weights.lambda1 * weights.gamma_x,
        "kl_gate_qoi": weights.lambda1 * weights.gamma_x,
        "reconstruction_observation": weights.lambda2,
        "kl_observation": weights.lambda2 * weights.gamma_y,
        "mapping": weights.lambda3,
        "gate_entropy": weights.lambda3 * weights.lambda_b,
        "hyperprior": weights.lambda_rho,
    }


def total(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The objective per sample: sum over terms of weight times term, shape (batch,).

    Arguments:
        terms: name -> value per sample, shape (batch,).
        weights: name -> factor, from `term_weights`.

    Raises:
        KeyError: a term has no weight.
    """
    return sum(weights[name] * value for name, value in terms.items())
