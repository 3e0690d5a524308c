"""The same x observed again and again: what credible intervals do for this x (definitions: docs/definitions.md).

A posterior promises its coverage on average over x and y; for a fixed x it promises nothing. What holds for this x is
found by many observations of it, and is cheap where the posterior is sampled by one pass of a network.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from vspair.errors import VspairError
from vspair.evaluation.predictive import PredictiveSamples, require_samples

CHANCE = 0.005
"""Probability of as few, or as many, observations whose interval holds x, below which a pixel is said to be off."""

SPAN = (0.05, 0.5, 0.95)
"""Quantiles over pixels of their coverages: `lowest`, `middle` and `highest`."""


@dataclass(frozen=True)
class Repeated:
    """Pixel by pixel what a method says of one x, over R observations; m is the mean of its samples for one of them.

    Arguments:
        coverage: share of the observations whose central interval holds x.
        bias: mean of m - x over the observations.
        spread: standard deviation of m over the observations, unbiased.
        error: root of the mean of (m - x)^2, which is the root of bias^2 + (R - 1) / R spread^2.
        predicted: root of the mean of the samples' unbiased variance.
        holes_coverage: share of inside among all pixels that an observation had lost; None where none is lost by place.
        observations: R.
        samples: S, for each of them.
        level: c, of the interval.

    The first five are of the shape of x, float64 on the CPU; all but the first in the unit of x.
    """

    coverage: Tensor
    bias: Tensor
    spread: Tensor
    error: Tensor
    predicted: Tensor
    holes_coverage: float | None
    observations: int
    samples: int
    level: float

    def maps(self) -> dict[str, Tensor]:
        """The maps by name."""
        return {name: getattr(self, name) for name in ("coverage", "bias", "spread", "error", "predicted")}

    def numbers(self) -> dict[str, float | None]:
        """The maps in numbers, over all pixels.

        Mean, 5 %, 50 % and 95 % quantile of the coverage; `below` and `above`, shares of pixels covered so rarely, or
        so often, that Bin(R, c) would do that with probability 0.005 at most; mean |bias|; roots of the mean squares
        of spread, error and predicted; and predicted over actual variance, (1 + 1/S) predicted^2 / error^2.
        """
        from scipy.special import bdtr, bdtrc

        inside = (self.coverage * self.observations).round().numpy()
        rarely = bdtr(inside, self.observations, self.level)
        often = 1.0 * (inside == 0) + (inside > 0) * bdtrc((inside - 1).clip(0), self.observations, self.level)
        error, predicted = (square.square().mean().item() for square in (self.error, self.predicted))
        lowest, middle, highest = self.coverage.flatten().quantile(torch.tensor(SPAN, dtype=torch.float64)).tolist()
        return {
            "coverage": self.coverage.mean().item(),
            "holes_coverage": self.holes_coverage,
            **{"lowest": lowest, "middle": middle, "highest": highest},
            **{"below": float((rarely <= CHANCE).mean()), "above": float((often <= CHANCE).mean())},
            "bias": self.bias.abs().mean().item(),
            "spread": math.sqrt(self.spread.square().mean().item()),
            "error": math.sqrt(error),
            "predicted": math.sqrt(predicted),
            "variance_ratio": (1 + 1 / self.samples) * predicted / error if error > 0 else None,
        }


@torch.inference_mode()
def repeat(
    method,
    qoi: Tensor,
    observation: Tensor,
    lost: Tensor | None,
    *,
    samples: int,
    level: float,
    batch_size: int,
    resolution: float,
    generator: torch.Generator,
) -> Repeated:
    """Ask a method for the posterior of many observations of one x, and keep sums over them alone.

    Arguments:
        method: answers `posterior(y)` with `sample(n, generator)`, shape (n, observations, *shape of x).
        qoi: x, in its shape.
        observation: of this x each, shape (R, *shape of y) with R >= 2, on the same device.
        lost: True where an observation has lost x, bool (R, *shape of x); None where nothing is lost by place.
        samples: S, draws for each observation.
        level: c of the central interval, in (0, 1).
        batch_size: observations at once; memory holds the samples of one batch.
        resolution: half the step in which x was recorded, in its unit, > 0 (see `PredictiveSamples.critical`).
        generator: source of all draws, on the same device.

    Raises:
        VspairError: too few samples for the level, before anything is sampled; or samples are not finite.
        ValueError: mask or samples are not of the shape of x.
    """
    count, x = len(observation), qoi.flatten()
    if lost is not None and lost.shape != (count, *qoi.shape):
        raise ValueError(f"expected a mask of shape {(count, *qoi.shape)}, found {tuple(lost.shape)}")
    require_samples([level], samples)
    inside, off, squares, variance = torch.zeros(4, x.numel(), dtype=torch.float64, device=x.device)
    held_in_holes = 0
    with tqdm(total=count, unit="observation", disable=None) as bar:
        for start in range(0, count, batch_size):
            y = observation[start : start + batch_size]
            drawn = method.posterior(y).sample(samples, generator)
            if drawn.shape != (samples, len(y), *qoi.shape):
                expected = (samples, len(y), *qoi.shape)
                raise ValueError(f"expected samples of shape {expected}, found {tuple(drawn.shape)}")
            draws = PredictiveSamples(drawn.flatten(2))
            held = draws.critical(x, level, resolution) <= 1
            error = (draws.mean - x).double()
            inside += held.sum(0)
            off += error.sum(0)
            squares += error.square().sum(0)
            variance += draws.variance.double().sum(0)
            if lost is not None:
                held_in_holes += int((held & lost[start : start + len(y)].flatten(1)).sum())
            bar.update(len(y))
    if not (squares + variance).isfinite().all():
        raise VspairError(
            "expected finite posterior samples, found others: the training has diverged; train again with a lower "
            "learning rate"
        )
    spread = (squares - off.square() / count).clamp(min=0) / (count - 1)
    sums = {
        "coverage": inside / count,
        "bias": off / count,
        "spread": spread.sqrt(),
        "error": (squares / count).sqrt(),
        "predicted": (variance / count).sqrt(),
    }
    holes = 0 if lost is None else int(lost.sum())
    return Repeated(
        **{name: values.reshape(qoi.shape).cpu() for name, values in sums.items()},
        holes_coverage=held_in_holes / holes if holes else None,
        observations=count,
        samples=samples,
        level=level,
    )
