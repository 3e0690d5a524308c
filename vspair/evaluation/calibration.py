"""Calibration of posterior samples before and after a conformal scaling (definitions: docs/definitions.md).

QoI and observation are of any two shapes; a row is called an image and an entry of x a pixel, whatever they are.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.errors import VspairError
from vspair.evaluation.conformal import conformal_factor, require_images
from vspair.evaluation.predictive import PredictiveSamples, exact, level_name, require_samples
from vspair.evaluation.sparsification import removed_shares, sparsification, sparsification_error
from vspair.metrics import require_measured

HOLES_LEVEL = 0.9
"""Coverage in the holes is given for one level: the one nearest to this."""

DIVERGED = "the training has diverged; train again with a lower learning rate"


@dataclass(frozen=True)
class Calibrated:
    """How well one method's posterior samples are calibrated.

    Arguments:
        images: one row per image: `part` (`calibration` fits the factors, `report` is reported), `error` (mean squared
            error of the sample mean), `uncertainty` (mean unbiased pixel variance), for each level such as 0.9
            `coverage_90` (share of pixels inside the central interval), with a mask for the level nearest 0.9
            `holes_coverage_90` (the same among masked pixels; NaN without any), `crps` (mean over pixels), `ause` (NaN
            without error), and for the report part `scaled_coverage_90`, ..., `scaled_holes_coverage_90` and
            `scaled_crps`.
        summary: `raw` and `scaled`, each with the coverages, `mace` (mean over levels of |coverage - level|), `crps`,
            `ause`, `pearson` and `spearman` (of uncertainty and error) and `variance_ratio`, all over the report images
            alone and None where not defined; `undefined`, of each column that has no value in some of these images the
            number of such images; `factors` by level; `scaling_level`; the numbers of `samples`, of reported
            `images` and of `calibration_images`.
        curves: columns `kind`, `x`, `y`: `reliability` and `reliability_scaled` are coverage over level,
            `sparsification` and `oracle` the error left over the share of pixels removed, mean over report images.
    """

    images: pd.DataFrame
    summary: dict[str, Any]
    curves: pd.DataFrame


@torch.inference_mode()
def calibrate(
    method,
    qoi: Tensor,
    observation: Tensor,
    mask: Tensor | None,
    *,
    samples: int,
    levels: Sequence[float],
    share: float,
    scaling_level: float,
    batch_size: int,
    resolution: float,
    generator: torch.Generator,
) -> Calibrated:
    """Measure credible intervals and uncertainty on test images, as they are and after a conformal scaling.

    The first images fit one factor per level by conformal risk control (`conformal_factor`) and the others are
    reported. Scaled coverages take each level its own factor; scaled CRPS and variance ratio come from samples pulled
    away from their mean by the factor of one level, x_s -> m + lambda (x_s - m). A common factor scales all variances
    alike and leaves the mean, so that AUSE and both correlations stay as they are, exactly.

    Arguments:
        method: answers `posterior(y)` with `sample(n, generator)`, shape (n, images, *shape of x).
        qoi: x, shape (images, *shape of x), in random order.
        observation: y, shape (images, *shape of y), on the same device.
        mask: True where y has lost x, bool of the shape of x; None where nothing is lost by place.
        samples: draws per image.
        levels: of the central credible intervals, each in (0, 1).
        share: of the images that fit the factors: the first floor(share images).
        scaling_level: the one of `levels` whose factor scales the samples.
        batch_size: observations at once; memory holds the samples of one batch.
        resolution: half the step in which x was recorded, such as a grey level, in the unit of x, > 0: the least
            half-width of an interval.
        generator: source of all draws, on the same device.

    Raises:
        VspairError: too few samples or calibration images for a level, no image to report, or a scaling level that is
            none of the levels, before anything is sampled; or a measure of an image is not finite.
        ValueError: mask or samples are not of the shape of x.
    """
    if mask is not None and mask.shape != qoi.shape:
        raise ValueError(f"expected a mask in the shape of x, {tuple(qoi.shape)}, found {tuple(mask.shape)}")
    fitted = math.floor(exact(share) * len(qoi))
    _require(samples, levels, scaling_level, fitted, len(qoi))
    fit, report, curves = [], [], []
    critical: dict[float, list[Tensor]] = {level: [] for level in levels}
    bar = tqdm(total=len(qoi), unit="image", disable=None)

    def batches(part: slice) -> Iterator[_Batch]:
        parts = qoi[part].split(batch_size)
        holes = [None] * len(parts) if mask is None else mask[part].flatten(1).split(batch_size)
        for x, y, hole in zip(parts, observation[part].split(batch_size), holes, strict=True):
            drawn = method.posterior(y).sample(samples, generator)
            if drawn.shape != (samples, *x.shape):
                raise ValueError(f"expected samples of shape {(samples, *x.shape)}, found {tuple(drawn.shape)}")
            draws = PredictiveSamples(drawn.flatten(2))
            yield _Batch(draws, x.flatten(1), hole, levels, resolution)
            bar.update(len(y))

    with bar:
        for batch in batches(slice(fitted)):
            fit.append(batch.raw())
            for level in levels:
                critical[level].append(batch.critical[level])
        factors = {level: conformal_factor(torch.cat(critical.pop(level)), level) for level in levels}
        for batch in batches(slice(fitted, None)):
            report.append(batch.raw() | batch.scaled(factors, scaling_level))
            curves.append(torch.stack(batch.curves))
    reported = _frame(report, "report", fitted)
    images = pd.concat([_frame(fit, "calibration"), reported], ignore_index=True)
    without = reported.isna().sum()
    summary = {
        "raw": _summary(reported, levels, samples, "", 1.0),
        "scaled": _summary(reported, levels, samples, "scaled_", factors[scaling_level]),
        "undefined": {name: int(count) for name, count in without.items() if count},
        "factors": {level_name(level): factor for level, factor in factors.items()},
        "scaling_level": scaling_level,
        "samples": samples,
        "images": len(reported),
        "calibration_images": fitted,
    }
    return Calibrated(images, summary, _curves(summary, levels, torch.cat(curves, dim=1)))


def _require(samples: int, levels: Sequence[float], scaling_level: float, fitted: int, images: int) -> None:
    if scaling_level not in levels:
        raise VspairError(
            f"expected calibration.scaling_level to be one of calibration.levels={list(levels)}, found "
            f"{scaling_level}: name one of them"
        )
    require_samples(levels, samples)
    require_images(levels, fitted)
    if fitted >= images:
        raise VspairError(
            f"expected images to report beside the {fitted} that fit the conformal factors, found {images} in all: "
            "lower calibration.share"
        )


class _Batch:
    """One batch, the pixels of an image in one row: samples against truth."""

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
        """Columns after scaling, each of shape (images,)."""
        crps = self._draws.crps(self._qoi, factors[scaling_level])
        return self._coverages(factors, "scaled_") | {"scaled_crps": crps.mean(1)}

    def _coverages(self, factors: Mapping[float, float], prefix: str) -> dict[str, Tensor]:
        """Share of the pixels inside the intervals stretched by each level's factor: of all, and of those masked."""
        inside = {level: critical <= factors[level] for level, critical in self.critical.items()}
        columns = {f"{prefix}coverage_{level_name(level)}": which.double().mean(1) for level, which in inside.items()}
        if self._hole is None:
            return columns
        level = _holes_level(inside)
        columns[f"{prefix}holes_coverage_{level_name(level)}"] = (inside[level] & self._hole).sum(1) / self._hole.sum(1)
        return columns


def _holes_level(levels: Iterable[float]) -> float:
    return min(levels, key=lambda level: abs(level - HOLES_LEVEL))


def _frame(columns: Sequence[Mapping[str, Tensor]], part: str, first: int = 0) -> pd.DataFrame:
    frame = pd.DataFrame({name: torch.cat([c[name] for c in columns]).double().cpu().numpy() for name in columns[0]})
    # Without an error no share of it is left, and a coverage of the holes needs some.
    require_measured(frame, DIVERGED, [name for name in frame if name == "ause" or "holes_coverage" in name], first)
    frame.insert(0, "part", part)
    return frame


def _summary(
    images: pd.DataFrame, levels: Sequence[float], samples: int, prefix: str, factor: float
) -> dict[str, float | None]:
    """The numbers of the summary for the reported images.

    The variance ratio is predicted over actual variance, lambda^2 (1 + 1/S) mean variance / mean squared error of the
    sample mean: where truth and samples have one distribution, of variance v, the mean of S samples is off from the
    truth by v + v/S, and 1 means calibrated.
    """
    names = [level_name(level) for level in levels]
    coverages = [images[f"{prefix}coverage_{name}"].mean() for name in names]
    holes = f"holes_coverage_{level_name(_holes_level(levels))}"
    error, uncertainty = images["error"].mean(), images["uncertainty"].mean()
    pair = images[["uncertainty", "error"]]
    values = {f"coverage_{name}": coverage for name, coverage in zip(names, coverages, strict=True)}
    if prefix + holes in images:
        values[holes] = images[prefix + holes].mean()
    values |= {
        "mace": sum(abs(c - level) for c, level in zip(coverages, levels, strict=True)) / len(names),
        "crps": images[f"{prefix}crps"].mean(),
        "ause": images["ause"].mean(),
        "pearson": pair.corr("pearson").iloc[0, 1],
        "spearman": pair.corr("spearman").iloc[0, 1],
        "variance_ratio": factor**2 * (1 + 1 / samples) * uncertainty / error if error > 0 else math.nan,
    }
    # JSON has no word for what is not a number.
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}


def _curves(summary: Mapping[str, Any], levels: Sequence[float], sparse: Tensor) -> pd.DataFrame:
    """Coverages over levels, and the mean of the sparsification curves (2, images, shares) over the shares."""
    series = {}
    for kind, part in (("reliability", "raw"), ("reliability_scaled", "scaled")):
        series[kind] = levels, [summary[part][f"coverage_{level_name(level)}"] for level in levels]
    for kind, means in zip(("sparsification", "oracle"), sparse.nanmean(1).tolist(), strict=True):
        series[kind] = removed_shares().tolist(), means
    return pd.concat(
        [pd.DataFrame({"kind": kind, "x": x, "y": y}) for kind, (x, y) in series.items()], ignore_index=True
    )
