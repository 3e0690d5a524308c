"""Scales (deviation E5): what the models see of stored values, and the way back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspair.errors import VspairError

if TYPE_CHECKING:
    from vspair.data.pairs import Split

MEND = "prepare the pairs again, of data that vary"


@dataclass(frozen=True)
class Scale:
    """An affine scale, one for all entries and channels: value = (stored - offset) / unit. Grey values are 0 to 255.

    Arguments:
        offset: stored value that becomes 0.
        unit: stored values per unit of the scale, > 0.
    """

    offset: float
    unit: float

    @property
    def mse_to_unit(self) -> float:
        """Factor that turns a mean squared error of this scale into one of grey values in [0, 1]."""
        return (self.unit / 255) ** 2


def scale_for(name: str, train: np.ndarray) -> Scale:
    """The scale of grey values 0 to 255 called `symmetric` ([-1, 1]), `unit` ([0, 1]) or `standardised` (by training).

    Arguments:
        name: one of the three.
        train: the QoI of training, of any shape, whose mean and standard deviation standardise.

    Raises:
        VspairError: they are not finite, or all values are one.
    """
    if name == "standardised":
        offset = _finite(train.mean(), "mean of the training QoI")
        return Scale(offset, _positive(train.std(), "standard deviation of the training QoI"))
    return {"symmetric": Scale(127.5, 127.5), "unit": Scale(0.0, 255.0)}[name]


def scan_scales(name: str, train: "Split") -> tuple[Scale, Scale]:
    """The scales of QoI and observation for scans: attenuation stays in [0, 1], observations may be divided.

    Arguments:
        name: `raw` leaves observations as they are, `maximum` divides them by the largest of the training observations
            and so keeps them linear in the QoI.
        train: the training pairs.

    Raises:
        VspairError: that largest observation is not finite, or not above 0.
    """
    unit = _positive(train.observation.max(), "largest training observation") if name == "maximum" else 1.0
    return Scale(0.0, 1.0), Scale(0.0, unit)


def _positive(value: float, what: str) -> float:
    if not _finite(value, what) > 0:
        raise VspairError(f"expected a {what} above 0 to divide by, found {value}: {MEND}")
    return float(value)


def _finite(value: float, what: str) -> float:
    if not np.isfinite(value):
        raise VspairError(f"expected a finite {what} as a scale, found {value}: {MEND}")
    return float(value)
