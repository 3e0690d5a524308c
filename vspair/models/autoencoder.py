"""One encoder and one decoder around a latent family: the part that all models share."""

from collections.abc import Sequence

from torch import Tensor, nn

from vspair.networks import Decoder, Encoder


class Autoencoder(nn.Module):
    """Encoder to a latent distribution and decoder back to an image (Section 2.1, Tables 6 and 7).

    Arguments:
        family: latent family with `heads` and `from_heads`: Point, Gaussian or SpikeSlab.
        image: height and width.
        channels: widths of the backbone, e.g. (16, 32, 64).
        latent: dimension of the latent space.
    """

    def __init__(self, family: type, image: Sequence[int], channels: Sequence[int], latent: int):
        super().__init__()
        self.family = family
        self.encoder = Encoder(image, channels, latent, family.heads)
        self.decoder = Decoder(image, channels, latent)

    def encode(self, image: Tensor):
        """Latent distribution of images (batch, 1, height, width)."""
        return self.family.from_heads(self.encoder(image))

    def decode(self, latent: Tensor) -> Tensor:
        """Images (batch, 1, height, width) of codes (batch, latent)."""
        return self.decoder(latent)
