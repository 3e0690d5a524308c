"""One encoder and one decoder around a latent family: the part that all models share."""

from torch import Tensor, nn

from vspair.models.method import Shape
from vspair.networks import decoder, encoder


class Autoencoder(nn.Module):
    """Encoder to a latent distribution and decoder back to QoI or observation (Section 2.1, Tables 6 and 7).

    Arguments:
        family: latent family with `heads` and `from_heads`: Point, Gaussian or SpikeSlab.
        shape: of one x or y, (channels, height, width) or (n,).
        channels: widths of the backbone, e.g. (16, 32, 64).
        latent: dimension of the latent space.
        target: shape of what the decoder gives; None if it is what the encoder takes.
    """

    def __init__(self, family: type, shape: Shape, channels: tuple[int, ...], latent: int, target: Shape | None = None):
        super().__init__()
        self.family = family
        self.encoder = encoder(shape, channels, latent, family.heads)
        self.decoder = decoder(target or shape, channels, latent)

    def encode(self, values: Tensor):
        """Latent distribution of inputs (batch, *shape)."""
        return self.family.from_heads(self.encoder(values))

    def decode(self, latent: Tensor) -> Tensor:
        """Outputs (batch, *target) of codes (batch, latent)."""
        return self.decoder(latent)
