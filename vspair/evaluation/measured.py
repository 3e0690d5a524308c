"""What posterior samples are worth beside the truth: columns of an image's measures, one batch at a time."""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from vspair.evaluation.predictive import PredictiveSamples, level_name
from vspair.evaluation.sparsification import sparsification, sparsification_error

MARKED = 0.9
"""Coverage in the holes and of the worst group is given for one level: the one nearest to this."""


def marked(levels: Iterable[float]) -> float:
    """The level nearest to `MARKED`."""
    return min(levels, key=lambda level: abs(level - MARKED))


class Measured:
    """One batch, the pixels of an image in one row: samples against truth.

    Arguments:
        draws: of the posterior, shape (S, images, pixels).
        qoi: x, shape (images, pixels).
        hole: True where y has lost x, same shape; None where nothing is lost by place.
        levels: of the central intervals.
        resolution: see `PredictiveSamples.critical`.
    """

    def __init__(
        self, draws: PredictiveSamples, qoi: Tensor, hole: Tensor | None, levels: Sequence[float], resolution: float
    ):
        self._draws, self._qoi, self._hole = draws, qoi, hole
        self._squared_error = (draws.mean - qoi) ** 2
        self.critical = {level: draws.critical(qoi, level, resolution) for level in levels}
        self.curves = sparsification(self._squared_error, draws.variance)

    def raw(self) -> dict[str, Tensor]:
        """Columns without scaling, each of shape (images,)."""
        return {
            "error": self._squared_error.mean(1),
            "uncertainty": self._draws.variance.mean(1),
            **self._coverages(dict.fromkeys(self.critical, 1.0), ""),
            "crps": self._draws.crps(self._qoi).mean(1),
            "ause": sparsification_error(*self.curves),
        }

    def scaled(self, factors: Mapping[float, float], scaling_level: float) -> dict[str, Tensor]:
        """Columns after scaling, each of shape (images,); NaN where a level has no factor."""
        crps = self._draws.crps(self._qoi, factors.get(scaling_level, math.nan))
        return self._coverages(factors, "scaled_") | {"scaled_crps": crps.mean(1)}

    def _coverages(self, factors: Mapping[float, float], prefix: str) -> dict[str, Tensor]:
        """Share of the pixels inside the intervals stretched by each level's factor: of all, and of those masked."""
        inside = {level: _inside(critical, factors.get(level)) for level, critical in self.critical.items()}
        columns = {f"{prefix}coverage_{level_name(level)}": which.mean(1) for level, which in inside.items()}
        if self._hole is not None:
            level = marked(inside)
            lost = (inside[level] * self._hole).sum(1) / self._hole.sum(1)
            columns[f"{prefix}holes_coverage_{level_name(level)}"] = lost
        return columns


def _inside(critical: Tensor, factor: float | None) -> Tensor:
    """1 for pixels inside, 0 for those outside, NaN where there is no factor; float64."""
    return torch.full_like(critical, math.nan).double() if factor is None else (critical <= factor).double()
