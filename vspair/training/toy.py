"""Training of the latent maps of the linear-Gaussian setting: L-BFGS on all pairs at once, in float64."""

import logging

from torch import Tensor

from vspair.distributions import FullGaussian, Gaussian
from vspair.errors import VspairError
from vspair.models.toy import MomentMap
from vspair.training.adam import LBFGS

STOP = 1e-7
"""Largest entry of the gradient at which the iterations end."""

ACCEPT = 1e-4
"""Largest entry with which a map is accepted: line searches may end in rounding errors before `STOP`, and sampling
error moves the gradient by about 1 / sqrt(pairs), far more than this."""

logger = logging.getLogger(__name__)


def fit_map(model: MomentMap, latent: Gaussian, encoded: FullGaussian, draws: Tensor, iterations: int) -> None:
    """Minimise a latent map's loss over all pairs, in place; no randomness is involved.

    Arguments:
        model: to be trained.
        latent: q(z_y | y) of each pair.
        encoded: q(z_x | x) of each pair.
        draws: one z_x ~ q(z_x | x) of each pair, shape (pairs, latent).
        iterations: largest number of iterations.

    Raises:
        VspairError: that number was not enough, or the loss is too badly conditioned.
    """
    optimiser = LBFGS(
        model.parameters(),
        max_iter=iterations,
        max_eval=2 * iterations,
        tolerance_grad=STOP,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = model.loss(latent, encoded, draws)
        loss.backward()
        return loss

    optimiser.step(closure)
    loss = closure().item()
    gradient = max(parameter.grad.abs().max().item() for parameter in model.parameters())
    used = optimiser.state[optimiser.param_groups[0]["params"][0]]["n_iter"]
    name = type(model).__name__
    logger.info("%s: loss %.6f after %d iterations, largest gradient %.1e", name, loss, used, gradient)
    if not gradient <= ACCEPT:
        raise VspairError(
            f"expected the gradient of the latent map {name} to be at most {ACCEPT:g} after {used} iterations, found "
            f"{gradient:.1e}: raise theory.iterations, or theory.noise and theory.spread"
        )
