"""The numbers of a calibration over all reported images: what its table shows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from vspair.evaluation.grouping import Parts
from vspair.evaluation.measured import marked
from vspair.evaluation.predictive import level_name


def summarised(
    images: pd.DataFrame,
    parts: Parts,
    levels: Sequence[float],
    samples: int,
    factors: Mapping[float, float],
    scaling_level: float,
) -> dict[str, Any]:
    """Measures before and after the scaling, what has no value in some images, and the factors.

    Arguments:
        images: the reported ones, by their number, with the columns of `Measured`.
        parts: which images are of which group, and what a guarantee is for.
        levels: of the central intervals.
        samples: S.
        factors: of the levels that have one.
        scaling_level: whose factor scales the samples.

    Returns:
        `raw`, `scaled`, `undefined`, `factors` and `scaling_level` (see `Calibrated.summary`).
    """
    holes = f"holes_coverage_{level_name(marked(levels))}"
    may_lack = {"ause", holes, *([f"scaled_{holes}"] if marked(levels) in factors else [])}
    some = images[[name for name in images if name in may_lack]].isna().sum()
    group = parts.group[images.index] if parts.unit == "group" else None
    return {
        "raw": _numbers(images, group, levels, samples, "", 1.0),
        "scaled": _numbers(images, group, levels, samples, "scaled_", factors.get(scaling_level, math.nan)),
        "undefined": {name: int(count) for name, count in some.items() if count},
        "factors": {level_name(level): factors.get(level) for level in levels},
        "scaling_level": scaling_level,
    }


def _numbers(
    images: pd.DataFrame, group: Any, levels: Sequence[float], samples: int, prefix: str, factor: float
) -> dict[str, float | None]:
    """The numbers of one part; coverages are means over groups where these are the units, else over images.

    The variance ratio is predicted over actual variance, lambda^2 (1 + 1/S) mean variance / mean squared error of the
    sample mean: where truth and samples have one distribution, of variance v, the mean of S samples is off from the
    truth by v + v/S, and 1 means calibrated.
    """
    units = images if group is None else images.drop(columns="part").groupby(group).mean()
    chosen = level_name(marked(levels))
    names = [f"coverage_{level_name(level)}" for level in levels]
    values = {name: units[f"{prefix}{name}"].mean() for name in names}
    apart = [abs(coverage - level) for level, coverage in zip(levels, values.values(), strict=True)]
    there = [distance for distance in apart if math.isfinite(distance)]
    if prefix + (holes := f"holes_coverage_{chosen}") in images:
        values[holes] = units[prefix + holes].mean()
    if group is not None:
        values[f"worst_group_coverage_{chosen}"] = units[f"{prefix}coverage_{chosen}"].min()
    error, uncertainty = images["error"].mean(), images["uncertainty"].mean()
    pair = images[["uncertainty", "error"]]
    values |= {
        "mace": sum(there) / len(there) if there else math.nan,
        "crps": images[f"{prefix}crps"].mean(),
        "ause": images["ause"].mean(),
        "pearson": pair.corr("pearson").iloc[0, 1],
        "spearman": pair.corr("spearman").iloc[0, 1],
        "variance_ratio": factor**2 * (1 + 1 / samples) * uncertainty / error if error > 0 else math.nan,
    }
    # JSON has no word for what is not a number.
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}
