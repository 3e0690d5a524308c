"""Methods for pairs on one grid where y has another: they are given its filtered back-projection."""

import torch
from torch import Tensor, nn

from vspair.models.direct import in_float32
from vspair.models.posterior import Posterior
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class FilteredModel(nn.Module):
    """A probabilistic model of x given b, the filtered back-projection of y, in the place of x given y.

    No information on x is lost where y can be had back from b; what the filter cuts away is.

    Arguments:
        model: of images b on the grid of x.
        operator: of the observations.
        filter, cutoff: of the filtered back-projection (see `FBP`).

    Raises:
        ValueError: the filter is impossible.
    """

    probabilistic = True

    def __init__(self, model: nn.Module, operator: RayTransform, filter: str, cutoff: float):
        super().__init__()
        self.inverse = FilteredBackProjection(operator, filter, cutoff)
        self.model = model

    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One draw of x for each observation (batch, 1, angles, bins), shape (batch, 1, height, width).

        Arguments:
            observation: y, shape (batch, 1, angles, bins), in the scale of the operator.
            generator: source of the draw.

        Raises:
            ValueError: y is not of the operator's angles and bins.
            RuntimeError: the model is in training mode.
        """
        return self.model.reconstruct(self._filtered(observation), generator)

    def posterior(self, observation: Tensor) -> Posterior:
        """The model's posterior for observations (batch, 1, angles, bins); errors are those of `reconstruct`."""
        return self.model.posterior(self._filtered(observation))

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The model's terms, each of shape (batch,).

        Arguments:
            qoi: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, angles, bins).
            generator: source of the noise.
        """
        return self.model.terms(qoi, self._filtered(observation), generator)

    @torch.no_grad()
    def _filtered(self, observation: Tensor) -> Tensor:
        return in_float32(self.inverse, observation)
