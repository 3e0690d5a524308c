"""Multilayer perceptrons between vectors of any two lengths."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class Perceptron(nn.Module):
    """Fully connected layers with a ReLU after each but the last.

    Arguments:
        widths: of input, hidden layers and output, in this order; two at least.
    """

    def __init__(self, widths: Sequence[int]):
        super().__init__()
        layers = [layer for before, after in pairwise(widths) for layer in (nn.Linear(before, after), nn.ReLU())]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, values: Tensor) -> Tensor:
        """Map (..., first width) to (..., last width)."""
        return self.layers(values)
