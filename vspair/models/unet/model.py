"""A U-Net behind a filtered back-projection, a baseline of ours (Jin et al. 2017)."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vspair.models.direct import LearnedMethod, in_float32
from vspair.networks.unet import ResidualUNet
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class UNet(LearnedMethod):
    """x = b + c(b), where b is the filtered back-projection of y and c a U-Net (`ResidualUNet`).

    Arguments:
        operator: of the observations.
        channels: widths from the level of the image to the coarsest.
        filter, cutoff: of the filtered back-projection (see `FBP`); the network removes noise better than a window.

    Raises:
        ValueError: the image cannot be halved once for each width after the first, or the filter is impossible.
    """

    def __init__(
        self,
        operator: RayTransform,
        channels: Sequence[int] = (32, 64, 128, 256),
        filter: str = "hann",
        cutoff: float = 1.0,
    ):
        super().__init__(operator)
        self.inverse = FilteredBackProjection(operator, filter, cutoff)
        self.network = ResidualUNet(operator.geometry.image, channels)

    def forward(self, observation: Tensor) -> Tensor:
        """Reconstructions (batch, 1, height, width) of observations (batch, 1, angles, bins)."""
        with torch.no_grad():
            start = in_float32(self.inverse, observation)
        return self.network(start)
