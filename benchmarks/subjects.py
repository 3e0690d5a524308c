"""What the benchmarks train: the paper's methods at the paper's sizes, on random pairs of the right shapes."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import nn

from vspair.models.build import build
from vspair.models.method import Trained
from vspair.networks.convolutional import UpsampledConv2d
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.problems.configuration import resolve
from vspair.training import ResidentPairs, initialised

ROOT = Path(__file__).parents[1]
MNIST = ("PAIR", "vPAIR", "sVAE", "vsPAIR")


@dataclass(frozen=True)
class Subject:
    """One method of one problem as its training at the paper's size builds it.

    Arguments:
        name: of the method, `CT ` before it for those of Section 4.2.
        settings: of the method.
        frame: shapes or operator.
        shapes: of one x and one y.
    """

    name: str
    settings: Trained
    frame: dict
    shapes: tuple[tuple[int, ...], tuple[int, ...]]

    @property
    def batch_size(self):
        """Pairs per step."""
        return self.settings.training.batch_size

    def build(self):
        """The method with fresh weights, where tensors are made at the time."""
        return build(self.settings, self.frame)

    def model(self, device, channels_last=True):
        """The method with the weights of seed 0."""
        model = initialised(self.build, 0).train()
        return model.to(device, memory_format=torch.channels_last) if channels_last else model.to(device)

    def pairs(self, number, device):
        """Random pairs in [0, 1]."""
        draws = torch.Generator().manual_seed(0)
        return ResidentPairs(*(torch.rand(number, *shape, generator=draws).to(device) for shape in self.shapes))


@cache
def papers():
    """The configuration at the paper's sizes."""
    return resolve(ROOT, {"preset": "paper", "device": "cpu"})


def subject(name, **changes):
    """A method of Section 4.1 by its name, or of Section 4.2 as `CT <name>`; `changes` of its settings."""
    problem = papers().tomography if name.startswith("CT ") else papers().inpainting
    settings = problem.methods[name.removeprefix("CT ")].model_copy(update=changes)
    image, observation = problem.shapes()
    frame = {"qoi_shape": image, "observation_shape": observation}
    if settings.physical:
        scan = problem.scan
        geometry = Scan(**scan.geometry()).reduced(image[1:], observation[1:], scan.binning)
        frame = {"operator": RayTransform(geometry)}
        frame["operator"].norm()
    return Subject(name, settings, frame, (tuple(image), tuple(observation)))


def enlarged_first(layer, image):
    """`UpsampledConv2d.forward` as one would write it down: torch's up-sampling, then its convolution."""
    enlarged = nn.functional.interpolate(image, scale_factor=2, mode="nearest")
    return nn.functional.conv2d(enlarged, layer.weight, padding=1)


ON_COARSE_GRID = UpsampledConv2d.forward


def upsample(in_two):
    """Let decoders up-sample in two operations, or as they do."""
    UpsampledConv2d.forward = enlarged_first if in_two else ON_COARSE_GRID
