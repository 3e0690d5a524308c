"""The numbers of a calibration over all reported images: what its table shows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vspair.evaluation.grouping import Parts
from vspair.evaluation.measured import bare, marked, of_region
from vspair.evaluation.predictive import level_name
from vspair.evaluation.ranks import BINS, central_error, unevenness
from vspair.metrics import SCALINGS


def summarised(
    images: pd.DataFrame,
    parts: Parts,
    levels: Sequence[float],
    samples: int,
    factors: Mapping[str, Mapping[float, float]],
    scaling_level: float,
) -> dict[str, Any]:
    """Measures before and after each scaling, with its factors, and what has no value in some images.

    Arguments:
        images: the reported ones, by their number, with the columns of `Measured`.
        parts: which images are of which group, and what a guarantee is for.
        levels: of the central intervals.
        samples: S.
        factors: of each kind of scaling, of the levels that have one.
        scaling_level: whose factor scales the samples.

    Returns:
        `raw`, `scaled`, `assured`, `undefined` and `scaling_level` (see `Calibrated.summary`).
    """
    some = images[[name for name in images if name == "ause" or of_region(name)]].isna().sum()
    group = parts.group[images.index] if parts.unit == "group" else None
    found: dict[str, Any] = {"raw": _numbers(images, group, levels, samples, "", 1.0)}
    for kind in SCALINGS:
        factor = factors[kind].get(scaling_level, math.nan)
        found[kind] = _numbers(images, group, levels, samples, f"{kind}_", factor)
        found[kind] |= {f"factor_{level_name(level)}": factors[kind].get(level) for level in levels}
    return found | {
        # Where a level has no factor no image has a value, which is told by itself.
        "undefined": {name: int(n) for name, n in some.items() if n and (n < len(images) or bare(name) == name)},
        "scaling_level": scaling_level,
    }


def _numbers(
    images: pd.DataFrame, group: np.ndarray | None, levels: Sequence[float], samples: int, prefix: str, factor: float
) -> dict[str, float | None]:
    """The numbers of one part; coverages are means over groups where these are the units, else over images.

    The variance ratio is predicted over actual variance, lambda^2 (1 + 1/S) mean variance / mean squared error of the
    sample mean: where truth and samples have one distribution, of variance v, the mean of S samples is off from the
    truth by v + v/S, and 1 means calibrated.
    """
    names = [name for name in images if name != "part" and name == prefix + bare(name)]
    part = images[names].rename(columns=bare)
    units = part if group is None else part.groupby(group).mean()
    names = [level_name(level) for level in levels]
    chosen = f"coverage_{level_name(marked(levels))}"
    values = {f"coverage_{name}": units[f"coverage_{name}"].mean() for name in names}
    apart = [abs(coverage - level) for level, coverage in zip(levels, values.values(), strict=True)]
    there = [distance for distance in apart if math.isfinite(distance)]
    values |= {name: units[name].mean() for name in part if of_region(name)}
    if group is not None:
        values[f"worst_group_{chosen}"] = units[chosen].min()
    values |= _by_difficulty(images["error"], part[chosen])
    values |= {
        name: part[name].mean() for kind in ("width", "interval_score") for name in (f"{kind}_{n}" for n in names)
    }
    ranks = [part[f"pit_{one + 1}"].mean() for one in range(BINS)]
    error, uncertainty = images["error"].mean(), images["uncertainty"].mean()
    pair = images[["uncertainty", "error"]]
    values |= {
        "mace": sum(there) / len(there) if there else math.nan,
        "crps": part["crps"].mean(),
        "energy": part["energy"].mean(),
        "unevenness": unevenness(ranks),
        "rank_mace": central_error(ranks),
        "ause": images["ause"].mean(),
        "pearson": pair.corr("pearson").iloc[0, 1],
        "spearman": pair.corr("spearman").iloc[0, 1],
        "variance_ratio": factor**2 * (1 + 1 / samples) * uncertainty / error if error > 0 else math.nan,
    }
    # JSON has no word for what is not a number.
    return {name: float(value) if math.isfinite(value) else None for name, value in values.items()}


def _by_difficulty(error: pd.Series, coverage: pd.Series) -> dict[str, float]:
    """Mean coverage of the third of the images with the least error, of the middle third and of the last."""
    order = np.argsort(error.to_numpy(), kind="stable")
    thirds = np.array_split(coverage.to_numpy()[order], 3)
    return {
        f"{name}_{coverage.name}": third.mean() if len(third) else math.nan
        for name, third in zip(("easy", "medium", "hard"), thirds, strict=True)
    }
