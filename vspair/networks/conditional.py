"""A decoder that sees an image beside the code, on the grid of what it decodes: a U-Net with the code at its bottom."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from vspair.networks.convolutional import decoder_block, encoder_block, feature_shape
from vspair.networks.factored import linear
from vspair.networks.outputs import at_least_float32


class ConditionalDecoder(nn.Module):
    """(z, c) -> images: the features of the code are joined by those of c at every level, from the coarsest to c's own.

    Blocks and widths are those of the backbone (Eq. 34 and 35).

    Arguments:
        image: height and width of c and of the output, divisible by 2 for each block.
        channels: the encoder's widths, from the image inwards.
        latent: dimension of z.
        inputs: channels of c.
        outputs: channels of the output.
    """

    def __init__(self, image: Sequence[int], channels: Sequence[int], latent: int, inputs: int, outputs: int):
        super().__init__()
        shape = feature_shape(image, channels)
        self.entry = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.down = nn.ModuleList(encoder_block(fine, coarse) for fine, coarse in pairwise(channels))
        self.expand = nn.Sequential(linear(latent, shape[0] * shape[1] * shape[2]), nn.Unflatten(-1, shape))
        self.up = nn.ModuleList(decoder_block(2 * coarse, fine) for coarse, fine in pairwise(tuple(channels)[::-1]))
        self.image = nn.Sequential(
            nn.Conv2d(2 * channels[0], channels[0], 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(channels[0], outputs, 3, padding=1),
        )

    def forward(self, latent: Tensor, condition: Tensor) -> Tensor:
        """Map codes (batch, latent) and c (batch, inputs, height, width) to (batch, outputs, height, width)."""
        # Channels-last is the layout in which convolutions are fastest on both kinds of device.
        levels = [self.entry(condition).contiguous(memory_format=torch.channels_last)]
        for down in self.down:
            levels.append(down(levels[-1]))
        features = self.expand(latent).contiguous(memory_format=torch.channels_last)
        for up in self.up:
            features = up(torch.cat([features, levels.pop()], dim=1))
        return at_least_float32(self.image(torch.cat([features, levels.pop()], dim=1)))
