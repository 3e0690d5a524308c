"""What posterior samples are worth beside the truth: columns of an image's measures, one batch at a time."""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from vspair.evaluation.energy import EnergyScore
from vspair.evaluation.predictive import PredictiveSamples, level_name
from vspair.evaluation.ranks import tenths, transform
from vspair.evaluation.regions import regions
from vspair.evaluation.sparsification import sparsification, sparsification_error
from vspair.metrics import SCALINGS

MARKED = 0.9
"""Coverage in the holes and of the worst group is given for one level: the one nearest to this."""


def marked(levels: Iterable[float]) -> float:
    """The level nearest to `MARKED`."""
    return min(levels, key=lambda level: abs(level - MARKED))


def bare(column: str) -> str:
    """The name of a measure without what says after which scaling it is."""
    return next((column.removeprefix(f"{kind}_") for kind in SCALINGS if column.startswith(f"{kind}_")), column)


def of_region(column: str) -> bool:
    """Whether a column is the coverage of a region, such as `holes_coverage_90`, which an image may lack."""
    return "_coverage_" in bare(column)


class Measured:
    """One batch, the pixels of an image in one row: samples against truth.

    Arguments:
        samples: of the posterior, shape (S, images, *shape of x).
        qoi: x, shape (images, *shape of x).
        lost: True where y has lost x, shape of x; None where nothing is lost by place.
        levels: of the central intervals.
        resolution: r, half the step in which x was recorded (see `PredictiveSamples.critical`).
        generator: breaks ties of ranks, on their device.
    """

    def __init__(
        self,
        samples: Tensor,
        qoi: Tensor,
        lost: Tensor | None,
        levels: Sequence[float],
        resolution: float,
        generator: torch.Generator,
    ):
        self._draws, self._qoi, self._resolution = PredictiveSamples(samples.flatten(2)), qoi.flatten(1), resolution
        self._regions = regions(qoi, lost)
        self._energy = EnergyScore(samples.flatten(2), self._qoi)
        self._in_rank = torch.rand(self._qoi.shape, generator=generator, device=qoi.device)
        self._squared_error = (self._draws.mean - self._qoi) ** 2
        self.critical = {level: self._draws.critical(self._qoi, level, resolution) for level in levels}
        self.curves = sparsification(self._squared_error, self._draws.variance)

    def raw(self) -> dict[str, Tensor]:
        """Columns without scaling, each of shape (images,)."""
        return {
            "error": self._squared_error.mean(1),
            "uncertainty": self._draws.variance.mean(1),
            **self._intervals(dict.fromkeys(self.critical, 1.0)),
            **self._scores(1.0),
            "ause": sparsification_error(*self.curves),
        }

    def scaled(self, kind: str, factors: Mapping[float, float], scaling_level: float) -> dict[str, Tensor]:
        """Columns `KIND_...` after scaling, each of shape (images,); NaN where a level has no factor."""
        columns = self._intervals(factors) | self._scores(factors.get(scaling_level, math.nan))
        return {f"{kind}_{name}": values for name, values in columns.items()}

    def _intervals(self, factors: Mapping[float, float]) -> dict[str, Tensor]:
        """Coverage, width and score of the intervals stretched by each level's factor, and coverage by region."""
        inside, columns = {}, {}
        for level, critical in self.critical.items():
            name, factor = level_name(level), factors.get(level, math.nan)
            inside[level] = _inside(critical, factors.get(level))
            columns[f"coverage_{name}"] = inside[level].mean(1)
            width, score = self._draws.interval_score(self._qoi, level, self._resolution, factor)
            columns |= {f"width_{name}": width.mean(1), f"interval_score_{name}": score.mean(1)}
        level = marked(inside)
        for region, where in self._regions.items():
            columns[f"{region}_coverage_{level_name(level)}"] = (inside[level] * where).sum(1) / where.sum(1)
        return columns

    def _scores(self, factor: float) -> dict[str, Tensor]:
        """Scores of the samples pulled away from their mean by a factor, and ranks of the truth among them."""
        below, tied = self._draws.ranked(self._qoi, self._resolution, factor)
        ranks = transform(below, tied, self._draws.count, self._in_rank)
        if math.isnan(factor):
            ranks = torch.full_like(ranks, math.nan)
        return {
            "crps": self._draws.crps(self._qoi, factor).mean(1),
            "energy": self._energy.at(factor),
            **tenths(ranks),
        }


def _inside(critical: Tensor, factor: float | None) -> Tensor:
    """1 for pixels inside, 0 for those outside, NaN where there is no factor; float64."""
    return torch.full_like(critical, math.nan).double() if factor is None else (critical <= factor).double()
