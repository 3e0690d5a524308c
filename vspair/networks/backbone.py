"""The backbone that suits a shape: convolutions for images, fully connected layers for vectors."""

from collections.abc import Sequence

from torch import nn

from vspair.networks.convolutional import Decoder, Encoder
from vspair.networks.dense import DenseDecoder, DenseEncoder


def encoder(shape: Sequence[int], channels: Sequence[int], latent: int, heads: int) -> nn.Module:
    """An encoder to `heads` parameters for each latent.

    Arguments:
        shape: of one input, (channels, height, width) or (n,).
        channels: widths from the input inwards.
        latent: dimension of the latent space.
        heads: 1 deterministic, 2 Gaussian, 3 spike-and-slab.

    Raises:
        ValueError: the shape is neither an image's nor a vector's, or an image cannot be halved for each width.
    """
    if is_vector(shape):
        return DenseEncoder(shape[0], channels, latent, heads)
    return Encoder(shape[1:], channels, latent, heads, shape[0])


def decoder(shape: Sequence[int], channels: Sequence[int], latent: int) -> nn.Module:
    """A decoder to tensors of `shape`; arguments and errors are those of `encoder`."""
    if is_vector(shape):
        return DenseDecoder(shape[0], channels, latent)
    return Decoder(shape[1:], channels, latent, shape[0])


def is_vector(shape: Sequence[int]) -> bool:
    """Whether it is the shape of a vector and not of an image.

    Raises:
        ValueError: it is neither.
    """
    if len(shape) not in (1, 3):
        raise ValueError(f"expected a shape (n,) or (channels, height, width), found {tuple(shape)}")
    return len(shape) == 1
