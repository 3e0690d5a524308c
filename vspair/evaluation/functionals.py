"""Conformal intervals of a functional that a user cares about, such as the mean in a region: one number an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vspair.evaluation.conformal import assured_factor, conformal_factor
from vspair.evaluation.grouping import Parts
from vspair.evaluation.predictive import PredictiveSamples, level_name
from vspair.evaluation.simulated import mean_over
from vspair.metrics import SCALINGS


def functional_numbers(
    pool: Tensor, half_step: Tensor, parts: Parts, levels: Sequence[float], delta: float
) -> dict[str, dict[str, float | None]]:
    """Coverage and mean width of a functional's central intervals, as sampled and after a conformal factor per level.

    A functional is one pixel an image. The loss of an image is then 0 or 1, and conformal risk control is split
    conformal prediction: a further image's functional lies outside of the stretched interval with probability at most
    1 - c, or that of an image drawn at random from a further group where groups are the units.

    Arguments:
        pool: functional of truth and samples, shape (1 + S, images), on the CPU; NaN where an image has none.
        half_step: half the step in which the functional is recorded, shape (images,): the least half-width.
        parts: which images fit the factors, and what a guarantee is for.
        levels: of the central intervals.
        delta: probability with which an assured factor may be too small.

    Returns:
        `raw`, `scaled` and `assured`, each with `coverage_c` and `width_c`, means over the reported units, and the
        scaled ones with `factor_c`; None where too few units with a functional fit a level, or none is reported.
    """
    finite = torch.isfinite(pool[0])
    known = finite.numpy()
    found: dict[str, dict[str, float | None]] = {"raw": {}, **{kind: {} for kind in SCALINGS}}
    there = Parts(parts.fitted[known], parts.unit, parts.group[known])
    if not known.any():
        names = [f"{kind}_{level_name(level)}" for level in levels for kind in ("coverage", "width")]
        factors = [f"factor_{level_name(level)}" for level in levels]
        return {part: dict.fromkeys(names if part == "raw" else names + factors) for part in found}
    values, half = pool[:, finite][..., None], half_step[finite][:, None]
    truth, draws = values[0], PredictiveSamples(values[1:])
    fitted = torch.from_numpy(there.fitted)
    group = torch.from_numpy(there.group) if there.unit == "group" else None
    unsupported = {"scaled": there.unsupported(levels), "assured": there.unsupported(levels, delta)}
    for level in levels:
        critical = draws.critical(truth, level, half)
        of_fit, own = critical[fitted], None if group is None else group[fitted]
        factors: dict[str, float | None] = {"raw": 1.0, **dict.fromkeys(SCALINGS)}
        if level not in unsupported["scaled"]:
            factors["scaled"] = conformal_factor(of_fit, level, own)
        if level not in unsupported["assured"]:
            factors["assured"] = assured_factor(of_fit, level, delta, own)
        for kind, factor in factors.items():
            found[kind] |= _of_level(draws, truth, critical, level, factor, half, there)
            if kind != "raw":
                found[kind][f"factor_{level_name(level)}"] = factor
    return found


def _of_level(
    draws: PredictiveSamples,
    truth: Tensor,
    critical: Tensor,
    level: float,
    factor: float | None,
    half: Tensor,
    parts: Parts,
) -> dict[str, float | None]:
    """Coverage and width of the reported images' intervals, stretched by a factor; None without one."""
    name = level_name(level)
    if factor is None or not parts.units(fitted=False):
        return {f"coverage_{name}": None, f"width_{name}": None}
    inside = (critical <= factor).double()
    width, _ = draws.interval_score(truth, level, half, factor)
    reported = ~parts.fitted
    codes = parts.group[reported] if parts.unit == "group" else np.arange(int(reported.sum()))
    measured = {f"coverage_{name}": inside, f"width_{name}": width}
    return {key: mean_over(each[:, 0].numpy()[reported], codes)[0] for key, each in measured.items()}


def prefixed(name: str, numbers: dict[str, dict[str, float | None]]) -> dict[str, dict[str, Any]]:
    """The numbers of `functional_numbers` under the functional's name: `NAME_coverage_90`."""
    return {part: {f"{name}_{key}": value for key, value in each.items()} for part, each in numbers.items()}
