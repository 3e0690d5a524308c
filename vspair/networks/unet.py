"""A U-Net that adds a correction to an image (Ronneberger et al. 2015; the residual form of Jin et al. 2017)."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


def convolutions(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3x3 convolutions, each with batch normalisation, which makes biases idle, and ReLU."""
    layers = (
        (nn.Conv2d(before, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
        for before in (inputs, outputs)
    )
    return nn.Sequential(*(layer for pair in layers for layer in pair))


class ResidualUNet(nn.Module):
    """x + c(x) with a U-shaped network c: max-pooling down, transposed convolutions up, skips at each level.

    c is zero at the start, so that training sets out from x itself.

    Arguments:
        image: height and width.
        channels: widths from the level of the image to the coarsest.

    Raises:
        ValueError: the image cannot be halved that often.
    """

    def __init__(self, image: Sequence[int], channels: Sequence[int]):
        super().__init__()
        halvings = len(channels) - 1
        if any(side % 2**halvings for side in image):
            raise ValueError(
                f"{tuple(image)} cannot be halved {halvings} times: use fewer channels, or crop the images"
            )
        self.entry = convolutions(1, channels[0])
        self.down = nn.ModuleList(convolutions(fine, coarse) for fine, coarse in pairwise(channels))
        upwards = list(pairwise(reversed(channels)))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(coarse, fine, 2, stride=2) for coarse, fine in upwards)
        self.up = nn.ModuleList(convolutions(2 * fine, fine) for _, fine in upwards)
        self.pool = nn.MaxPool2d(2)
        self.correction = nn.Conv2d(channels[0], 1, 1)
        nn.init.zeros_(self.correction.weight)
        nn.init.zeros_(self.correction.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Corrected images, same shape (n, 1, height, width), float32 in every precision."""
        # Channels-last is the layout in which convolutions are fastest on both kinds of device.
        features = self.entry(image.contiguous(memory_format=torch.channels_last))
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(self.pool(features))
        for grow, up in zip(self.grow, self.up, strict=True):
            features = up(torch.cat([skips.pop(), grow(features)], dim=1))
        return image + self.correction(features).float()
