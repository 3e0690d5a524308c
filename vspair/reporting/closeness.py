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


CAP = 10.0
"""Tolerances beyond which a number counts as missed and no more: one that is far out must not outweigh all others."""


def capped_distance(ours: Mapping, published: Mapping) -> tuple[float, float]:
    """Mean of min(|ours - published| / tolerance, `CAP`) over the numbers that both have, and the share within 1.

    For numbers of any sign, each with a tolerance of its own; one of ours that is NaN counts as `CAP`.

    Arguments:
        ours: name -> number.
        published: name -> number and tolerance > 0.

    Raises:
        ValueError: they have no number in common.
    """
    common = [name for name in published if name in ours]
    if not common:
        raise ValueError(f"no number in common: ours are {list(ours)}, published {list(published)}")
    numbers, tolerances = np.array([published[name] for name in common]).T
    missed = np.abs(np.array([ours[name] for name in common]) - numbers) / tolerances
    missed = np.where(np.isnan(missed), CAP, np.minimum(missed, CAP))
    return float(missed.mean()), float((missed <= 1).mean())
