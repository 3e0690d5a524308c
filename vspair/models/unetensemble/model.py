"""A deep ensemble of U-Nets behind a filtered back-projection, a baseline of ours (Lakshminarayanan et al., 2017)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vspair.models.direct import in_float32
from vspair.models.inversion import InverseModel
from vspair.models.posterior import MemberPosterior
from vspair.networks.unet import ResidualUNet
from vspair.objectives.terms import half_squared_error
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class UNetEnsemble(InverseModel):
    """Networks of the kind `UNet` that differ in their initial weights; their spread is the uncertainty.

    Arguments:
        operator, channels, filter, cutoff: as for `UNet`; operator and filter are shared.
        members: number of networks.

    Raises:
        ValueError: the image cannot be halved once for each width after the first, or the filter is impossible.
    """

    probabilistic = True

    def __init__(self, operator: RayTransform, channels: Sequence[int], members: int, filter: str, cutoff: float):
        super().__init__()
        self.inverse = FilteredBackProjection(operator, filter, cutoff)
        self.members = nn.ModuleList(ResidualUNet(operator.geometry.image, channels) for _ in range(members))

    def reconstruct(self, observation: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """The reconstruction of one member per observation, drawn at random, shape (batch, 1, height, width).

        Arguments:
            observation: y, shape (batch, 1, angles, bins), in the scale of the operator.
            generator: source of the draw.

        Raises:
            ValueError: y is not of the operator's angles and bins.
            RuntimeError: the model is in training mode.
        """
        return self.posterior(observation).sample(1, generator)[0]

    @torch.inference_mode()
    def posterior(self, observation: Tensor) -> MemberPosterior:
        """The mixture of all members for observations (batch, 1, angles, bins); errors are those of `reconstruct`."""
        self._require_evaluation()
        return MemberPosterior(self._reconstructions(observation))

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The squared error ||x - x_m(y)||^2 / 2 summed over members m, shape (batch,): each learns as if alone.

        Arguments:
            qoi: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, angles, bins).
            generator: unused, nothing is random.
        """
        errors = [half_squared_error(reconstruction, qoi) for reconstruction in self._reconstructions(observation)]
        return {"reconstruction_qoi": torch.stack(errors).sum(0)}

    def _reconstructions(self, observation: Tensor) -> Tensor:
        with torch.no_grad():
            start = in_float32(self.inverse, observation)
        return torch.stack([member(start) for member in self.members])
