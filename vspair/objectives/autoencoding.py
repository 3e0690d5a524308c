"""The loss of one variational autoencoder: the terms of its negative ELBO."""

from torch import Tensor

from vspair.objectives.terms import half_squared_error


def negative_elbo(latent, decoded: Tensor, target: Tensor, prior=None) -> dict[str, Tensor]:
    """The terms of the negative ELBO with unit-variance Gaussian decoder (Eq. 4, Eq. 11), each of shape (batch,).

    Arguments:
        latent: q(z | .), a Gaussian or a SpikeSlab.
        decoded: d(z) for one draw of z, shape (batch, *shape).
        target: what is to be explained, same shape.
        prior: the SparsityPrior of a SpikeSlab, or the prior of a Gaussian that is not standard normal.
    """
    return {"reconstruction": half_squared_error(decoded, target), **latent.kl(prior)}
