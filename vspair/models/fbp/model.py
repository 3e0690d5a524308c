"""Filtered back-projection as a method."""

from torch import Tensor

from vspair.models.direct import DirectMethod, in_float32
from vspair.operators.filtering import FilteredBackProjection
from vspair.operators.ray import RayTransform


class FBP(DirectMethod):
    """Filtered back-projection (see `FilteredBackProjection`); it has nothing to learn.

    The cut-off is relative to the Nyquist frequency of the operator's own bins. dival's reference for LoDoPaB-CT (Hann,
    0.641, in its example `ct_reference_fbp_and_fbpunet.py`) is for the 513 bins of the full scan; after averaging by
    four its cut-off lies beyond what the bins can show. Hence the default: no window (docs/deviations.md, D17).

    Arguments:
        operator: of the observations.
        filter: window of the ramp filter: ram-lak (none), shepp-logan, cosine, hamming or hann.
        cutoff: frequency beyond which the filter is 0, as a share of the largest.

    Raises:
        ValueError: the window is unknown, the cut-off outside (0, 1], or the bins are not evenly spaced.
    """

    def __init__(self, operator: RayTransform, filter: str = "ram-lak", cutoff: float = 1.0):
        super().__init__(operator)
        self.inverse = FilteredBackProjection(operator, filter, cutoff)

    def forward(self, observation: Tensor) -> Tensor:
        """Reconstructions (batch, 1, height, width) of observations (batch, 1, angles, bins)."""
        return in_float32(self.inverse, observation)
