"""The conditional variational autoencoder behind a filtered back-projection."""

from collections.abc import Sequence

from vspair.models.cvae.model import CVAE
from vspair.models.filtered import FilteredModel
from vspair.operators.ray import RayTransform


class PhysicalCVAE(FilteredModel):
    """The kind `CVAE` for observations on another grid.

    Arguments:
        operator, filter, cutoff: as for `FilteredModel`.
        channels, latent_x: as for `CVAE`.
    """

    def __init__(self, operator: RayTransform, channels: Sequence[int], latent_x: int, filter: str, cutoff: float):
        image = (1, *operator.geometry.image)
        super().__init__(CVAE(image, image, channels, latent_x), operator, filter, cutoff)
