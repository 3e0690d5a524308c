"""Quantile regression of each pixel, a baseline of ours (Angelopoulos et al. 2022, im2im-uq)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vspair.models.direct import LearnedMethod, in_float32
from vspair.models.posterior import QuantilePosterior
from vspair.networks.unet import ResidualUNet
from vspair.objectives.quantiles import pinball
from vspair.objectives.terms import half_squared_error
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class QuantileUNet(LearnedMethod):
    """The kind `UNet` with more outputs: beside the mean of x given y, quantiles of each of its pixels.

    Each quantile is learned by its own pinball loss. Curves that cross are put in order pixel by pixel, which never
    raises the sum of these losses (Chernozhukov, Fernandez-Val and Galichon 2010), so that there is nothing to gain
    from forbidding it in the network. What posterior draws are worth is said in `QuantilePosterior`.

    Arguments:
        operator, channels, filter, cutoff: as for `UNet`.
        levels: of the quantiles, rising in (0, 1).

    Raises:
        ValueError: the image cannot be halved once for each width after the first, or the filter is impossible.
    """

    probabilistic = True

    def __init__(
        self, operator: RayTransform, channels: Sequence[int], levels: Sequence[float], filter: str, cutoff: float
    ):
        super().__init__(operator)
        self.inverse = FilteredBackProjection(operator, filter, cutoff)
        self.network = ResidualUNet(operator.geometry.image, channels)
        # What it adds to the image is zero at the start, as the one correction of a `UNet` is.
        self.network.correction = nn.Conv2d(channels[0], 1 + len(levels), 1)
        nn.init.zeros_(self.network.correction.weight)
        nn.init.zeros_(self.network.correction.bias)
        self.register_buffer("levels", torch.tensor(levels), persistent=False)

    def forward(self, observation: Tensor) -> Tensor:
        """Means (batch, 1, height, width) for observations (batch, 1, angles, bins)."""
        return self._outputs(observation)[0]

    @torch.inference_mode()
    def posterior(self, observation: Tensor) -> QuantilePosterior:
        """Independent pixels with these quantiles, for observations (batch, 1, angles, bins).

        Raises:
            ValueError: y is not of the operator's angles and bins.
            RuntimeError: the method is in training mode.
        """
        if self.training:
            raise RuntimeError(f"{type(self).__name__} is in training mode: call eval()")
        quantiles = self._outputs(observation)[1].sort(dim=1).values
        return QuantilePosterior(quantiles.transpose(0, 1)[:, :, None], self.levels)

    def terms(self, qoi: Tensor, observation: Tensor, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """The squared error of the mean, ||x - m(y)||^2 / 2, and the pinball losses, both summed, shapes (batch,).

        Arguments:
            qoi: x, shape (batch, 1, height, width).
            observation: y, shape (batch, 1, angles, bins).
            generator: unused, nothing is random.
        """
        mean, quantiles = self._outputs(observation)
        return {
            "reconstruction_qoi": half_squared_error(mean, qoi),
            "quantiles": pinball(quantiles, self.levels, qoi[:, 0]),
        }

    def _outputs(self, observation: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (batch, 1, height, width) and quantiles as learned (batch, levels, height, width)."""
        with torch.no_grad():
            start = in_float32(self.inverse, observation)
        mean, quantiles = self.network(start).split([1, len(self.levels)], dim=1)
        return mean, quantiles
