"""What a problem's jobs may define, and what holds where one does not.

A problem whose pairs come from one function defines `pairs(values, data, folder, seed)`, which gives the `Pairs` of
the data set `data`; `values` are the problem's settings by dotted key, `folder` the data folder. A problem whose
latents are looked at defines `inspect(setting, model, files, generator)`: tensors by name, and a sentence for the
log.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from vspair.data.pairs import Pairs, Split
from vspair.data.scales import Scale
from vspair.models.method import Method

if TYPE_CHECKING:
    from vspair.evaluation import Evaluated
    from vspair.problems.setting import Setting

quality = None
"""Quality measures beside the mean squared error, (reconstruction, qoi) -> name -> (batch,); None for no others."""

misfit = None
"""How far images are from observations that they could have made, (setting, split) -> (x, places) -> name -> (n,) with
`places` in the split; None where nothing is compared."""

RESOLUTION = 1e-6
"""Least half width of an interval in stored values, where no step of the recording is known."""


def scales(values: Mapping[str, Any], train: Split) -> tuple[Scale, Scale]:
    """Scales of QoI and observation, from stored values to what the methods see: none."""
    return Scale(0.0, 1.0), Scale(0.0, 1.0)


def frame(values: Mapping[str, Any], method: Method, train: Split, scales: tuple[Scale, Scale]) -> dict[str, Any]:
    """What a method is built with beside its settings: the shapes of one QoI and one observation."""
    return {"qoi_shape": train.qoi.shape[1:], "observation_shape": train.observation.shape[1:]}


def resolution(values: Mapping[str, Any], scale: Scale) -> float:
    """Half a step of the recorded QoI in the scale of the methods, below which an interval says nothing."""
    return RESOLUTION / scale.unit


def groups(split: Split) -> dict[str, np.ndarray]:
    """Column name -> group of each pair, such as a patient, which no split may tear apart; none."""
    return {}


def columns(split: Split) -> dict[str, np.ndarray]:
    """What else a line of `images.csv` says of its pair."""
    return {"label": split.label}


def summary(setting: "Setting", result: "Evaluated") -> dict[str, Any]:
    """Facts of an evaluation beside its images, as JSON values."""
    return {"latents": result.latents}


def described(pairs: Pairs) -> str:
    """The pairs in one sentence for the log."""
    return f"{len(pairs.train)} training and {len(pairs.test)} test pairs"
