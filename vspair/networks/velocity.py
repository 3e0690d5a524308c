"""Velocity fields of flows: networks that see a state, the observation and a time."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from vspair.networks.backbone import is_vector
from vspair.networks.convolutional import UpsampledConv2d, feature_shape
from vspair.networks.dense import layers
from vspair.networks.factored import linear
from vspair.networks.outputs import at_least_float32

HARMONICS = 8
"""Waves that a time is seen through, two numbers each."""

PATCH = 2
"""Side of the patches of pixels that an image's finest features stand for: a draw takes many evaluations, and at the
resolution of the pixels normalisation and activations would be most of each."""

TINY = 1e-5
"""Under a root, so that features that are all 0 stay so."""


def waves(time: Tensor) -> Tensor:
    """cos(pi k t) and sin(pi k t) for k = 1 ... `HARMONICS` of times t (n,) in [0, 1], shape (n, 2 HARMONICS)."""
    angle = math.pi * time[:, None] * torch.arange(1, HARMONICS + 1, device=time.device, dtype=time.dtype)
    return torch.cat([angle.cos(), angle.sin()], dim=1)


def normalised(features: Tensor) -> Tensor:
    """Features (n, channels, height, width) divided by the root of their mean square over each image.

    Group normalisation is six times slower in the layout of memory in which convolutions are fast on a CPU.
    """
    return features * (features.square().mean((1, 2, 3), keepdim=True) + TINY).rsqrt()


def velocity(qoi: Sequence[int], observation: Sequence[int], channels: Sequence[int]) -> nn.Module:
    """A network (state, observation, time) -> velocity, zero at the start.

    Arguments:
        qoi: shape of one state and of its velocity: (channels, height, width), or (n,).
        observation: shape of what it is told beside it: an image of the same height and width, or a vector.
        channels: widths, for images from their finest features to the coarsest.

    Raises:
        ValueError: a shape is neither an image's nor a vector's, or an image cannot be halved once for each width.
    """
    inputs, outputs = qoi[0] + observation[0], qoi[0]
    if is_vector(qoi):
        return DenseVelocity(inputs, outputs, channels)
    return VelocityUNet(qoi[1:], inputs, outputs, channels)


class DenseVelocity(nn.Module):
    """Velocities of vectors by fully connected layers.

    Arguments:
        inputs: lengths of state and observation together.
        outputs: length of the state.
        widths: of the hidden layers.
    """

    def __init__(self, inputs: int, outputs: int, widths: Sequence[int]):
        super().__init__()
        self.features = layers((inputs + 2 * HARMONICS, *widths))
        self.last = _zero(linear(widths[-1], outputs))

    def forward(self, state: Tensor, observation: Tensor, time: Tensor) -> Tensor:
        """Velocities (n, outputs) of states (n, outputs) at times (n,), float32 in every precision."""
        return at_least_float32(self.last(self.features(torch.cat([state, observation, waves(time)], dim=1))))


class TimedBlock(nn.Module):
    """A residual block whose second normalisation is scaled and shifted by the time (Dhariwal and Nichol 2021).

        h -> s(h) + conv(silu((1 + a(t)) norm(conv(silu(norm(h)))) + b(t))),    norm = `normalised`

    Arguments:
        inputs, outputs: channels; s is the identity if they are equal, else a 1x1 convolution.
        clock: numbers that the time is told in.
    """

    def __init__(self, inputs: int, outputs: int, clock: int):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.timing = nn.Linear(clock, 2 * outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, features: Tensor, clock: Tensor) -> Tensor:
        """Features (n, outputs, height, width) of features (n, inputs, height, width) and times (n, clock)."""
        scale, shift = self.timing(clock)[..., None, None].chunk(2, dim=1)
        inner = normalised(self.first(silu(normalised(features))))
        return self.skip(features) + self.second(silu((1 + scale) * inner + shift))


class VelocityUNet(nn.Module):
    """Velocities of images by a U-Net: one `TimedBlock` a level down and one up, means down, skips at each level.

    The pixels of a patch (see `PATCH`) are channels of one place, at the entry as at the end. Beside the network goes a
    linear map of each pixel's channels, told the time, which takes out noise before anything else is learned. Nothing
    here depends on the other images of a batch.

    Arguments:
        image: height and width.
        inputs: channels of state and observation together.
        outputs: channels of the state.
        channels: widths from the level of the patches to the coarsest.

    Raises:
        ValueError: the image cannot be halved once for each width.
    """

    def __init__(self, image: Sequence[int], inputs: int, outputs: int, channels: Sequence[int]):
        super().__init__()
        feature_shape(image, (inputs, *channels))
        clock, upwards = 4 * channels[0], list(pairwise(reversed(channels)))
        self.clock = nn.Sequential(nn.Linear(2 * HARMONICS, clock), nn.SiLU(), nn.Linear(clock, clock), nn.SiLU())
        self.entry = nn.Sequential(nn.PixelUnshuffle(PATCH), nn.Conv2d(inputs * PATCH**2, channels[0], 3, padding=1))
        self.down = nn.ModuleList(TimedBlock(*ends, clock) for ends in pairwise((channels[0], *channels)))
        self.grow = nn.ModuleList(UpsampledConv2d(coarse, fine) for coarse, fine in upwards)
        self.up = nn.ModuleList(TimedBlock(2 * fine, fine, clock) for _, fine in upwards)
        self.pool = nn.AvgPool2d(2)
        self.last = _zero(nn.Conv2d(channels[0], outputs * PATCH**2, 3, padding=1))
        self.shuffle = nn.PixelShuffle(PATCH)
        self.mixing = nn.Sequential(_zero(nn.Linear(clock, outputs * inputs)), nn.Unflatten(1, (outputs, inputs)))

    def forward(self, state: Tensor, observation: Tensor, time: Tensor) -> Tensor:
        """Velocities (n, outputs, height, width) of states at times (n,), float32 in every precision.

        Arguments:
            state: shape (n, outputs, height, width).
            observation: shape (n, channels, height, width).
            time: shape (n,), in [0, 1].
        """
        clock = self.clock(waves(time))
        # Channels-last is the layout in which convolutions are fastest on both kinds of device.
        seen = torch.cat([state, observation], dim=1)
        features = self.entry(seen).contiguous(memory_format=torch.channels_last)
        skips = []
        for level, down in enumerate(self.down):
            features = down(self.pool(features) if level else features, clock)
            skips.append(features)
        features = skips.pop()
        for grow, up in zip(self.grow, self.up, strict=True):
            features = up(torch.cat([skips.pop(), grow(features)], dim=1), clock)
        linear_part = torch.einsum("noi,nihw->nohw", self.mixing(clock), seen)
        return at_least_float32(self.shuffle(self.last(silu(normalised(features)))) + linear_part)


def _zero(layer: nn.Module) -> nn.Module:
    """The layer with all its numbers 0, so that a flow begins at rest."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
