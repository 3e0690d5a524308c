"""How near a set of numbers is to published ones, all at once."""

from collections.abc import Mapping

import numpy as np


def distance(ours: Mapping, published: Mapping) -> float:
    """Root mean square of log(ours / published) over the numbers that both have; 0 for equal sets.

    A factor of two in every number gives log 2 = 0.69, whichever way it goes.

    Arguments:
        ours: name -> number >= 0; with a 0 among them the distance is infinite.
        published: name -> number > 0.

    Raises:
        ValueError: they have no number in common.
    """
    return float(np.sqrt(np.mean(_log_ratios(ours, published) ** 2)))


def shape_distance(ours: Mapping, published: Mapping) -> float:
    """As `distance`, after the one common factor that brings ours nearest: what no unit and no scale can mend.

    It is the standard deviation of log(ours / published) over the numbers that both have.

    Raises:
        ValueError: they have no number in common.
    """
    ratios = _log_ratios(ours, published)
    return float(np.std(ratios)) if np.isfinite(ratios).all() else float("inf")


def _log_ratios(ours: Mapping, published: Mapping) -> np.ndarray:
    common = [name for name in published if name in ours]
    if not common:
        raise ValueError(f"no number in common: ours are {list(ours)}, published {list(published)}")
    with np.errstate(divide="ignore"):
        return np.log([ours[name] / published[name] for name in common])
