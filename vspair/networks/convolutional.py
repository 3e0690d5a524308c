"""The convolutional backbone that all models share (Eq. 34 and 35, Tables 6, 7, 10 and 11)."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from vspair.networks.factored import linear
from vspair.networks.outputs import at_least_float32


def encoder_block(channels_in: int, channels_out: int) -> nn.Sequential:
    """Conv - BatchNorm - SiLU - Conv - BatchNorm - AvgPool(2) without convolution biases (Eq. 34, deviation E3)."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.SiLU(),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.AvgPool2d(2),
    )


class UpsampledConv2d(nn.Conv2d):
    """Nearest up-sampling by 2, then a 3x3 convolution without bias, computed on the coarse grid.

    Each fine pixel sees 2x2 coarse ones, so that the two are one transposed convolution of stride 2 whose 4x4 kernel is
    the 3x3 kernel, mirrored, summed over windows of 2x2: 4 products a fine pixel and channel in the place of 9.

    Arguments:
        channels_in, channels_out: as for `nn.Conv2d`, whose weight and initial values it has.
    """

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__(channels_in, channels_out, 3, padding=1, bias=False)

    def forward(self, image: Tensor) -> Tensor:
        """Map (batch, channels_in, height, width) to (batch, channels_out, 2 height, 2 width)."""
        mirrored = self.weight.flip(-2, -1)
        kernel = nn.functional.avg_pool2d(mirrored, 2, stride=1, padding=1, divisor_override=1)
        return nn.functional.conv_transpose2d(image, kernel.transpose(0, 1), stride=2, padding=1)


def decoder_block(channels_in: int, channels_out: int) -> nn.Sequential:
    """Upsample(2) - Conv - BatchNorm - SiLU - Conv without convolution biases (Eq. 35, deviation E3)."""
    return nn.Sequential(
        UpsampledConv2d(channels_in, channels_in),
        nn.BatchNorm2d(channels_in),
        nn.SiLU(),
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
    )


def feature_shape(image: Sequence[int], channels: Sequence[int]) -> tuple[int, int, int]:
    """Shape (channels, height, width) of the innermost features of an image (height, width).

    Raises:
        ValueError: the image cannot be halved once for each block.
    """
    halvings = 2 ** (len(channels) - 1)
    if any(side % halvings for side in image):
        raise ValueError(f"an image of {tuple(image)} cannot be halved {len(channels) - 1} times without a remainder")
    return (channels[-1], image[0] // halvings, image[1] // halvings)


class Encoder(nn.Module):
    """Image -> parameters of a latent distribution (Table 6, Table 10).

    Arguments:
        image: height and width of the input, divisible by 2 for each block.
        channels: width of the first convolution and of each block after it, e.g. (16, 32, 64).
        latent: dimension of the latent space.
        heads: parameters for each latent: 1 deterministic, 2 Gaussian, 3 spike-and-slab.
        inputs: channels of the input.
    """

    def __init__(self, image: Sequence[int], channels: Sequence[int], latent: int, heads: int, inputs: int = 1):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(inputs, channels[0], 3, padding=1),
            *(encoder_block(before, after) for before, after in pairwise(channels)),
            nn.Flatten(),
        )
        # One matrix for all heads: the same parameters as separate layers, in a single product.
        self.heads = linear(math.prod(feature_shape(image, channels)), heads * latent)
        self.shape = (heads, latent)

    def forward(self, image: Tensor) -> Tensor:
        """Map images (batch, inputs, height, width) to heads (batch, heads, latent), float32 in every precision."""
        return at_least_float32(self.heads(self.features(image))).unflatten(-1, self.shape)


class Decoder(nn.Module):
    """Latent code -> image (Table 7, Table 11).

    Arguments:
        image: height and width of the output, divisible by 2 for each block.
        channels: the encoder's widths, from the image inwards; the decoder runs through them backwards.
        latent: dimension of the latent space.
        outputs: channels of the output.
    """

    def __init__(self, image: Sequence[int], channels: Sequence[int], latent: int, outputs: int = 1):
        super().__init__()
        inwards = tuple(channels)[::-1]
        shape = feature_shape(image, channels)
        self.expand = nn.Sequential(linear(latent, math.prod(shape)), nn.Unflatten(-1, shape))
        self.image = nn.Sequential(
            *(decoder_block(before, after) for before, after in pairwise(inwards)),
            nn.Conv2d(inwards[-1], outputs, 3, padding=1),
        )

    def forward(self, latent: Tensor) -> Tensor:
        """Map codes (batch, latent) to images (batch, outputs, height, width), float32 in every precision."""
        # Channels-last is the layout in which convolutions are fastest on both kinds of device.
        return at_least_float32(self.image(self.expand(latent).contiguous(memory_format=torch.channels_last)))
