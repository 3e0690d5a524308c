"""The terms of the objectives, each per sample (Eq. 4, 11, 14 and 16)."""

from typing import Literal

from torch import Tensor

Reduction = Literal["sum", "mean"]
"""How a term is reduced over pixels or latents; over the batch it is always the mean (deviation E14)."""


def _reduced(values: Tensor, reduction: Reduction) -> Tensor:
    flat = values.flatten(1)
    return flat.sum(1) if reduction == "sum" else flat.mean(1)


def half_squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    """Reconstruction term of an ELBO with unit-variance decoder: ||x - d(z)||^2 / 2 (Eq. 4, 11), shape (batch,)."""
    return 0.5 * _reduced((prediction - target) ** 2, "sum")


def squared_error(prediction: Tensor, target: Tensor, reduction: Reduction) -> Tensor:
    """Reconstruction term of a deterministic autoencoder (Eq. 13; D.1.2), shape (batch,)."""
    return _reduced((prediction - target) ** 2, reduction)


def mapping_error(predicted: Tensor, target: Tensor, reduction: Reduction) -> Tensor:
    """First term of the mapping loss: squared distance of predicted and encoded parameters (Eq. 16), shape (batch,).

    Arguments:
        predicted: parameters from the latent map, shape (batch, heads, latent); for the spike-and-slab
            mu, log sigma^2 and omega (deviation E13).
        target: parameters from the QoI encoder, same shape.
        reduction: sum or mean over heads and latents (deviation E14).
    """
    return _reduced((predicted - target) ** 2, reduction)


def gate_entropy(gate: Tensor, reduction: Reduction) -> Tensor:
    """Second term of the mapping loss: omega (1 - omega) of the predicted gates (Eq. 16), shape (batch,).

    Arguments:
        gate: omega in [0, 1] predicted from the observation, shape (batch, latent).
        reduction: sum or mean over latents, the same as for the first term.
    """
    return _reduced(gate * (1 - gate), reduction)
