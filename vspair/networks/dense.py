"""The backbone for vectors: fully connected layers in the place of convolutions."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from vspair.networks.factored import linear
from vspair.networks.outputs import at_least_float32


def layers(widths: Sequence[int]) -> nn.Sequential:
    """Linear - SiLU for each width after the first."""
    return nn.Sequential(*(layer for before, after in pairwise(widths) for layer in (linear(before, after), nn.SiLU())))


class DenseEncoder(nn.Module):
    """Vector -> parameters of a latent distribution.

    Arguments:
        size: length of the input.
        widths: of the hidden layers, from the input inwards.
        latent: dimension of the latent space.
        heads: parameters for each latent: 1 deterministic, 2 Gaussian, 3 spike-and-slab.
    """

    def __init__(self, size: int, widths: Sequence[int], latent: int, heads: int):
        super().__init__()
        self.features = layers((size, *widths))
        self.heads = linear(widths[-1], heads * latent)
        self.shape = (heads, latent)

    def forward(self, vector: Tensor) -> Tensor:
        """Map vectors (batch, size) to heads (batch, heads, latent), float32 in every precision."""
        return at_least_float32(self.heads(self.features(vector))).unflatten(-1, self.shape)


class DenseDecoder(nn.Module):
    """Latent code -> vector.

    Arguments:
        size: length of the output.
        widths: the encoder's, which the decoder runs through backwards.
        latent: dimension of the latent space.
    """

    def __init__(self, size: int, widths: Sequence[int], latent: int):
        super().__init__()
        self.vector = nn.Sequential(layers((latent, *tuple(widths)[::-1])), linear(widths[0], size))

    def forward(self, latent: Tensor) -> Tensor:
        """Map codes (batch, latent) to vectors (batch, size), float32 in every precision."""
        return at_least_float32(self.vector(latent))
