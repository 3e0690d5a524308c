"""How every model answers: `reconstruct(y)` and, if it is probabilistic, `posterior(y)`."""

import torch
from torch import Tensor, nn

from vspair.models.posterior import LatentPosterior, Posterior


class InverseModel(nn.Module):
    """A learned inverse of an observation process.

    A subclass gives `qoi_family`, the family of its QoI latent, `latents`, the latent's dimension,
    `infer(observation)`, its distribution, and `decode(latent)`.
    """

    @property
    def probabilistic(self) -> bool:
        """Whether `posterior` is there: the QoI latent is random (Table 2)."""
        return self.qoi_family.heads > 1

    @torch.inference_mode()
    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Reconstruct the QoI: decode one draw of z_x given y (Section 3.1), shape (batch, *qoi_shape).

        Arguments:
            observation: y, shape (batch, *observation_shape), in the scale of training.
            generator: source of the draw's noise; unused by deterministic models.

        Raises:
            RuntimeError: the model is in training mode.
        """
        self._require_evaluation()
        return self.decode(self.infer(observation).rsample(generator))

    @torch.inference_mode()
    def posterior(self, observation: Tensor) -> Posterior:
        """The approximate posterior q(x | y) for observations (batch, *observation_shape).

        Raises:
            TypeError: the model is deterministic.
            RuntimeError: the model is in training mode.
        """
        if not self.probabilistic:
            raise TypeError(f"{type(self).__name__} is deterministic and has no posterior: use reconstruct")
        self._require_evaluation()
        return LatentPosterior(self.infer(observation), self.decode, len(observation), self.latents)

    def _require_evaluation(self) -> None:
        if self.training:
            raise RuntimeError("the model is in training mode, where batch statistics leak between pairs: call eval()")
