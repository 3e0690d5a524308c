"""Samples of a posterior pixel by pixel: central credible intervals, how far they must stretch, and CRPS."""

import math
from collections.abc import Iterable
from fractions import Fraction

import torch
from torch import Tensor

from vspair.errors import VspairError


def exact(level: float) -> Fraction:
    """A level as the decimal fraction that it is written as, so that 0.9 is 9/10 and no rounding moves a rank."""
    return Fraction(str(level))


def level_name(level: float) -> str:
    """A level in percent, as names of columns carry it: 0.9 is `90`, 0.975 is `97.5`."""
    return f"{float(100 * exact(level)):g}"


def require_samples(levels: Iterable[float], samples: int) -> None:
    """Check that S samples reach the tails of every level: S >= 2 / (1 - c) - 1.

    With fewer the quantiles at (1 - c) / 2 and (1 + c) / 2 lie beyond the smallest and largest sample.

    Arguments:
        levels: c of each central interval, in (0, 1).
        samples: S, draws per image.

    Raises:
        VspairError: there are too few for one of them.
    """
    for level in levels:
        needed = math.ceil(2 / (1 - exact(level)) - 1)
        if samples < needed:
            raise VspairError(
                f"expected at least {needed} posterior samples per image for central intervals of level {level}, found "
                f"samples={samples}: raise it to {needed}, or leave out the level {level}"
            )


class PredictiveSamples:
    """S draws of every pixel, sorted once.

    Arguments:
        samples: shape (S, images, pixels), S >= 2.

    Attributes:
        count: S.
        mean: m = sum_s x_s / S, shape (images, pixels).
        variance: sum_s (x_s - m)^2 / (S - 1), same shape.
    """

    def __init__(self, samples: Tensor):
        self.count = len(samples)
        self.variance, self.mean = torch.var_mean(samples, 0)
        self._deviations = samples.sort(0).values - self.mean

    def quantile(self, p: Fraction) -> Tensor:
        """Quantile at 0 < p < 1 with Weibull positions, less the mean: shape (images, pixels), unit of the samples.

        Of the sorted samples x_(1) <= ... <= x_(S) it is the one of rank p (S + 1), between ranks linearly, and at
        most the extremes. If the truth and the samples are exchangeable, the truth is equally likely to fall into each
        of the S + 1 gaps, so that it is below x_(k) with probability k / (S + 1) = p exactly.
        """
        count = len(self._deviations)
        rank = min(max(p * (count + 1), Fraction(1)), Fraction(count))
        below = math.floor(rank)
        above = min(below + 1, count)
        return self._deviations[below - 1].lerp(self._deviations[above - 1], float(rank - below))

    def halves(self, level: float, resolution: float | Tensor) -> tuple[Tensor, Tensor]:
        """How far the central interval of level c reaches below and above the mean: max(m - q_lo, r), max(q_hi - m, r).

        Arguments:
            level: c, in (0, 1).
            resolution: r > 0, in the unit of the samples; one for all, or of shape (images, 1).
        """
        tail = (1 - exact(level)) / 2
        return (-self.quantile(tail)).clamp(min=resolution), self.quantile(1 - tail).clamp(min=resolution)

    def ranked(self, qoi: Tensor, resolution: float, factor: float = 1.0) -> tuple[Tensor, Tensor]:
        """How many samples lie below x - r, and how many within r of x, where they would be recorded as x itself.

        Arguments:
            qoi: x, shape (images, pixels).
            resolution: r, half the step in which x was recorded.
            factor: > 0, by which the samples are pulled away from their mean.

        Returns:
            Both of shape (images, pixels).
        """
        drawn, deviation = factor * self._deviations, qoi - self.mean
        below = (drawn < deviation - resolution).sum(0)
        return below, (drawn <= deviation + resolution).sum(0) - below

    def critical(self, qoi: Tensor, level: float, resolution: float | Tensor) -> Tensor:
        """Factor by which the central interval of a level must be stretched to just hold the truth.

            critical = |x - m| / half,    half = max(q_hi - m, r) where x >= m, else max(m - q_lo, r)
            critical = 0 where |x - m| <= r

        The interval [q_lo, q_hi] lies between the quantiles at (1 - c) / 2 and (1 + c) / 2. The two halves are at
        least the resolution r, since a grey value that was recorded in steps is known to half a step only; so the
        interval is the smallest that holds both quantiles and m - r and m + r, wherever the mean lies. The truth is
        inside if `critical <= 1`, and inside the interval stretched about m by lambda, but to halves of r at least, if
        `critical <= lambda`: a factor below 1 must not claim to know a grey value better than it was recorded.

        Arguments:
            qoi: x, shape (images, pixels).
            level: c, in (0, 1).
            resolution: r > 0, in the unit of x; one for all, or of shape (images, 1).

        Returns:
            Shape (images, pixels), >= 0, without unit.
        """
        lower, upper = self.halves(level, resolution)
        deviation = qoi - self.mean
        critical = deviation.abs() / torch.where(deviation >= 0, upper, lower)
        return torch.where(deviation.abs() <= resolution, 0, critical)

    def interval_score(
        self, qoi: Tensor, level: float, resolution: float | Tensor, factor: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        """Width of the stretched central interval, and its interval score (Gneiting and Raftery, 2007).

            score = width + 2 / (1 - c) distance of x from the interval,

        whose mean is least for the quantiles of the truth itself. Smaller is better for both.

        Arguments:
            qoi, level, resolution: as for `critical`.
            factor: lambda, by which both halves are stretched, to r at least.

        Returns:
            Both of shape (images, pixels), in the unit of x.
        """
        lower, upper = ((factor * half).clamp(min=resolution) for half in self.halves(level, resolution))
        deviation = qoi - self.mean
        outside = (deviation - upper).clamp(min=0) + (-lower - deviation).clamp(min=0)
        return lower + upper, lower + upper + 2 / float(1 - exact(level)) * outside

    def crps(self, qoi: Tensor, factor: float = 1.0) -> Tensor:
        """Continuous ranked probability score, shape (images, pixels), in the unit of x, smaller is better.

            CRPS = E|X - x| - E|X - X'| / 2,    X, X' independent draws of the forecast

        The estimate is the fair one, with S (S - 1) pairs of samples: its mean over draws is the CRPS of the posterior
        itself, whatever S is; single values can be slightly below 0.

        Arguments:
            qoi: x, shape (images, pixels).
            factor: lambda, the samples are pulled away from their mean, x_s -> m + lambda (x_s - m).
        """
        # From sorted samples, without all pairs at once: sum_s (2 s - S - 1) x_(s) is half the sum of |X - X'|. The
        # library of such scores, which a test compares with, compiles itself for seconds whenever it is imported. The
        # score does not change when truth and samples move together, here by the mean.
        count, drawn = len(self._deviations), factor * self._deviations
        weights = torch.arange(1 - count, count, 2, device=drawn.device, dtype=drawn.dtype).view(-1, 1, 1)
        apart = (weights * drawn).sum(0) / (count * (count - 1))
        return (qoi - self.mean - drawn).abs().mean(0) - apart
