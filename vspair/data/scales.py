"""Scales of grey values (ERRATA E5): what the models see, and the way back to [0, 1]."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """An affine scale: value = (grey - offset) / unit, with grey in 0 to 255.

    Arguments:
        offset: grey value that becomes 0.
        unit: grey values per unit of the scale, > 0.
    """

    offset: float
    unit: float

    @property
    def mse_to_unit(self) -> float:
        """Factor that turns a mean squared error of this scale into one of grey values in [0, 1]."""
        return (self.unit / 255) ** 2


def scale_for(name: str, train: np.ndarray) -> Scale:
    """The scale called `symmetric` ([-1, 1]), `unit` ([0, 1]) or `standardised` (by the training images).

    Arguments:
        name: one of the three.
        train: clean training images, uint8, whose mean and standard deviation standardise.
    """
    if name == "standardised":
        return Scale(float(train.mean()), float(train.std()))
    return {"symmetric": Scale(127.5, 127.5), "unit": Scale(0.0, 255.0)}[name]
