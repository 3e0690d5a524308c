"""The learned sparsity level rho of the spike-and-slab prior and its Beta hyperprior (Eq. 7, 20, 21)."""

import math

import torch
from torch import Tensor, nn


class SparsityPrior(nn.Module):
    """One learned probability rho that a latent is active, with hyperprior Beta(alpha0, beta0).

    rho is a single scalar for all latents (deviation E4), held as its logit so that it stays inside (0, 1).

    Arguments:
        alpha0: first shape of the Beta hyperprior, > 0.
        beta0: second shape of the Beta hyperprior, > 0.
        start: rho before training, in (0, 1). At 1/2 the gates have time to find a use before sparsity presses on
            them (docs/deviations.md, D2).
    """

    def __init__(self, alpha0: float, beta0: float, start: float = 0.5):
        super().__init__()
        self.alpha0 = alpha0
        self.beta0 = beta0
        self.logit_rho = nn.Parameter(torch.tensor(math.log(start / (1 - start))))

    @property
    def rho(self) -> Tensor:
        """rho in (0, 1), a scalar."""
        return torch.sigmoid(self.logit_rho)

    @property
    def log_probabilities(self) -> tuple[Tensor, Tensor]:
        """log rho and log(1 - rho), finite for every logit, where the logarithm of a rounded rho is not."""
        return nn.functional.logsigmoid(self.logit_rho), nn.functional.logsigmoid(-self.logit_rho)

    def hyperprior(self) -> Tensor:
        """Negative log-density of Beta(alpha0, beta0) at rho without its constant, a scalar.

        -(alpha0 - 1) log rho - (beta0 - 1) log(1 - rho): Eq. 21 with the sign of a quantity to be minimised (E1).
        """
        log_on, log_off = self.log_probabilities
        return -(self.alpha0 - 1) * log_on - (self.beta0 - 1) * log_off
