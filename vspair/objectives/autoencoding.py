"""The loss of one autoencoder: a negative ELBO, or the squared error alone where nothing is random."""

from torch import Tensor

from vspair.config.training import Choices
from vspair.objectives.terms import half_squared_error, squared_error


def negative_elbo(latent, decoded: Tensor, target: Tensor, choices: Choices, prior=None) -> dict[str, Tensor]:
    """The terms of the negative ELBO with unit-variance Gaussian decoder (Eq. 4, Eq. 11), each of shape (batch,).

    Arguments:
        latent: q(z | .), a Gaussian or a SpikeSlab.
        decoded: d(z) for one draw of z, shape (batch, 1, height, width).
        target: the image to be explained, same shape.
        choices: unused: an ELBO's sums over pixels and latents are not open.
        prior: the SparsityPrior of a SpikeSlab.
    """
    return {"reconstruction": half_squared_error(decoded, target), **latent.kl(prior)}


def squared_error_alone(latent, decoded: Tensor, target: Tensor, choices: Choices, prior=None) -> dict[str, Tensor]:
    """The squared error that replaces the ELBO in PAIR (Eq. 13, D.1.2), shape (batch,).

    Arguments:
        latent: unused, a point has no divergence.
        decoded: d(z), shape (batch, 1, height, width).
        target: the image to be explained, same shape.
        choices: says whether to sum or to average over pixels (ERRATA E14).
        prior: unused.
    """
    return {"reconstruction": squared_error(decoded, target, choices.reconstruction_reduction)}
