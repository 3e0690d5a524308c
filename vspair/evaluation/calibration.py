"""Calibration of posterior samples before and after a conformal scaling (definitions: docs/definitions.md).

QoI and observation are of any two shapes; a row is called an image and an entry of x a pixel, whatever they are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.errors import VspairError
from vspair.evaluation.conformal import assured_factor, conformal_factor
from vspair.evaluation.coverage import summarised
from vspair.evaluation.grouping import Parts
from vspair.evaluation.measured import Measured, bare, of_region
from vspair.evaluation.predictive import level_name, require_samples
from vspair.evaluation.sparsification import removed_shares
from vspair.metrics import SCALINGS, require_measured

DIVERGED = "the training has diverged; train again with a lower learning rate"


@dataclass(frozen=True)
class Calibrated:
    """How well one method's posterior samples are calibrated.

    Arguments:
        images: one row per image: `part` (`calibration` fits the factors, `report` is reported), `error` (mean squared
            error of the sample mean), `uncertainty` (mean unbiased pixel variance), for each level such as 0.9
            `coverage_90` (share of pixels inside the central interval), `width_90` and `interval_score_90`, for the
            level nearest 0.9 the coverage in regions such as `holes_coverage_90` (NaN without any), `crps` and `energy`
            (scores of pixels and of the image), `pit_1` to `pit_10` (ranks of the truth), `ause` (NaN without error),
            and for the report part all but the first two and `ause` again after each scaling, as `scaled_...` and
            `assured_...`; NaN at a level that no factor could be fitted to.
        summary: `raw`, `scaled` and `assured`, each with means of these, `mace` (mean over levels of |coverage -
            level|), `unevenness` of the ranks, `easy_`, `medium_` and `hard_coverage_90`, `ause`, `pearson` and
            `spearman` (of uncertainty and error), `variance_ratio` and the factors, all over the report images alone
            and None where not defined; `undefined`, of each column that has no value in some of these images the number
            of such images; `unsupported`, of each level without a factor the number of units that it needs;
            `scaling_level`; `delta`; `unit`, what the guarantee is for; the numbers of `samples`, of reported `images`
            and `units`, and of `calibration_images` and `calibration_units`. Where groups are the units, coverages are
            means over groups of the mean over the group's images, and `worst_group_coverage_90` is the least of these.
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
    parts: Parts,
    samples: int,
    levels: Sequence[float],
    scaling_level: float,
    delta: float,
    batch_size: int,
    resolution: float,
    generator: torch.Generator,
    beside: Callable[[Tensor, Tensor], None] | None = None,
) -> Calibrated:
    """Measure credible intervals and uncertainty on test images, as they are and after a conformal scaling.

    Some images fit one factor per level by conformal risk control (`conformal_factor`), as far as their number allows,
    and the others are reported. Scaled coverages take each level its own factor; scaled CRPS and variance ratio come
    from samples pulled away from their mean by the factor of one level, x_s -> m + lambda (x_s - m). A common factor
    scales all variances alike and leaves the mean, so that AUSE and both correlations stay as they are, exactly.

    Arguments:
        method: answers `posterior(y)` with `sample(n, generator)`, shape (n, images, *shape of x).
        qoi: x, shape (images, *shape of x).
        observation: y, shape (images, *shape of y), on the same device.
        mask: True where y has lost x, bool of the shape of x; None where nothing is lost by place.
        parts: which images fit the factors, and what a guarantee is for.
        samples: draws per image.
        levels: of the central credible intervals, each in (0, 1).
        scaling_level: the one of `levels` whose factor scales the samples.
        delta: probability with which an assured factor may be too small, in (0, 1).
        batch_size: observations at once; memory holds the samples of one batch.
        resolution: half the step in which x was recorded, such as a grey level, in the unit of x, > 0: the least
            half-width of an interval.
        generator: source of all draws, on the same device.
        beside: gets the places of the images of each batch and their samples, for what else is asked of them.

    Raises:
        VspairError: too few samples for a level, or a scaling level that is none of the levels, before anything is
            sampled; or a measure of an image is not finite.
        ValueError: mask or samples are not of the shape of x.
    """
    if mask is not None and mask.shape != qoi.shape:
        raise ValueError(f"expected a mask in the shape of x, {tuple(qoi.shape)}, found {tuple(mask.shape)}")
    _require(samples, levels, scaling_level)
    fitted, reported = (torch.from_numpy(np.flatnonzero(parts.fitted == which)) for which in (True, False))
    unsupported = dict(zip(SCALINGS, (parts.unsupported(levels), parts.unsupported(levels, delta)), strict=True))
    fit, report, curves = [], [], []
    critical: dict[float, list[Tensor]] = {level: [] for level in levels}
    bar = tqdm(total=len(qoi), unit="image", disable=None)

    def batches(part: Tensor) -> Iterator[Measured]:
        for chosen in part.to(qoi.device).split(batch_size):
            x, y = qoi[chosen], observation[chosen]
            lost = None if mask is None else mask[chosen]
            drawn = method.posterior(y).sample(samples, generator)
            if drawn.shape != (samples, *x.shape):
                raise ValueError(f"expected samples of shape {(samples, *x.shape)}, found {tuple(drawn.shape)}")
            if beside is not None:
                beside(chosen, drawn)
            yield Measured(drawn, x, lost, levels, resolution, generator)
            bar.update(len(y))

    with bar:
        for batch in batches(fitted):
            fit.append(batch.raw())
            for level, values in critical.items():
                values.append(batch.critical[level])
        group = torch.from_numpy(parts.group)[fitted] if parts.unit == "group" else None
        factors: dict[str, dict[float, float]] = {kind: {} for kind in SCALINGS}
        for level in levels:
            values = torch.cat(critical.pop(level))
            if level not in unsupported["scaled"]:
                factors["scaled"][level] = conformal_factor(values, level, group)
            if level not in unsupported["assured"]:
                factors["assured"][level] = assured_factor(values, level, delta, group)
        for batch in batches(reported):
            columns = batch.raw()
            for kind in SCALINGS:
                columns |= batch.scaled(kind, factors[kind], scaling_level)
            report.append(columns)
            curves.append(torch.stack(batch.curves))
    lines = _frame(report, "report", reported, _without_factor(report[0], unsupported, scaling_level))
    images = pd.concat([_frame(fit, "calibration", fitted), lines]).sort_index()
    summary = {
        **summarised(lines, parts, levels, samples, factors, scaling_level),
        "unsupported": {kind: _by_name(levels) for kind, levels in unsupported.items()},
        "delta": delta,
        "unit": parts.unit,
        "samples": samples,
        "images": len(reported),
        "units": parts.units(fitted=False),
        "calibration_images": len(fitted),
        "calibration_units": parts.units(fitted=True),
    }
    return Calibrated(images, summary, _curves(summary, levels, torch.cat(curves, dim=1)))


def _require(samples: int, levels: Sequence[float], scaling_level: float) -> None:
    if scaling_level not in levels:
        raise VspairError(
            f"expected calibration.scaling_level to be one of calibration.levels={list(levels)}, found "
            f"{scaling_level}: name one of them"
        )
    require_samples(levels, samples)


def _by_name(levels: Mapping[float, int]) -> dict[str, int]:
    return {level_name(level): number for level, number in levels.items()}


def _without_factor(
    columns: Iterable[str], unsupported: Mapping[str, Iterable[float]], scaling_level: float
) -> list[str]:
    """Scaled columns that have no value in any image, since their level has no factor."""

    def lacks(name: str) -> bool:
        levels = {level_name(level) for level in unsupported[name.partition("_")[0]]}
        of_level = any(kind in name for kind in ("coverage_", "width_", "interval_score_"))
        return (name.rpartition("_")[2] if of_level else level_name(scaling_level)) in levels

    return [name for name in columns if bare(name) != name and lacks(name)]


def _frame(
    columns: Sequence[Mapping[str, Tensor]], part: str, images: Tensor, empty: Sequence[str] = ()
) -> pd.DataFrame:
    measures = {name: torch.cat([c[name] for c in columns]).double().cpu().numpy() for name in columns[0]}
    frame = pd.DataFrame(measures, index=images.numpy())
    # Without an error no share of it is left, and the coverage of a region needs one.
    may_lack = [name for name in frame if name == "ause" or of_region(name) or name in empty]
    require_measured(frame, DIVERGED, may_lack, frame.index)
    frame.insert(0, "part", part)
    return frame


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
