"""Gaussian white noise of a given percentage on observations (Section 4.2, deviation E9)."""

import hashlib
from collections.abc import Sequence

import numpy as np

PART = 256
"""Observations to which noise is added at once, which bounds the memory."""


def add_noise(
    observation: np.ndarray,
    ids: Sequence[int],
    level: float | tuple[float, float],
    convention: str,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Noisy observations y + e, where e is white Gaussian noise of a share p = level / 100 of y.

    `relative_norm`: norm(e) = p norm(y) exactly for each observation, which is the convention of IR Tools.
    `mean_abs`: e has the standard deviation p mean(abs(y)), which is dival's convention.

    Each observation has its own stream, from the seed, the level and its id: its noise depends neither on the other
    observations nor on their order, and noise of different levels is independent. A level of 0 changes no bit.

    Arguments:
        observation: y, float32 (n, angles, bins).
        ids: a different number of at least 0 for each observation, (n,), such as its position in the source.
        level: p in percent, or the ends of the interval from which each observation's level is drawn uniformly.
        convention: `relative_norm` or `mean_abs`.
        seed: of the noise, at least 0.

    Returns:
        noisy observations, float32 (n, angles, bins), and the level of each in percent, float32 (n,).

    Raises:
        ValueError: another convention, a level below 0 or an interval that falls, or not one id for each observation.
    """
    low, high = (level, level) if isinstance(level, int | float) else level
    if convention not in ("relative_norm", "mean_abs"):
        raise ValueError(f"convention is {convention!r} instead of relative_norm or mean_abs")
    if not 0 <= low <= high:
        raise ValueError(f"level is {level} instead of at least 0 percent, or an interval that rises")
    if len(ids) != len(observation):
        raise ValueError(f"{len(observation)} observations have {len(ids)} ids")
    streams = [np.random.default_rng((seed, _number(low, high), int(one))) for one in ids]
    levels = np.array([low + (high - low) * stream.random() for stream in streams], dtype=np.float32)
    noisy = np.empty(observation.shape, dtype=np.float32)
    for start in range(0, len(noisy), PART):
        part = slice(start, start + PART)
        for stream, noise in zip(streams[part], noisy[part], strict=True):
            stream.standard_normal(dtype=np.float32, out=noise)
        y, e = observation[part], noisy[part]
        scale = _norm(y) / _norm(e) if convention == "relative_norm" else np.abs(y).mean((1, 2), dtype=np.float64)
        e *= (scale * levels[part] / 100)[:, None, None]
        e += y
        np.copyto(e, y, where=(levels[part] == 0)[:, None, None])
    return noisy, levels


def _number(low: float, high: float) -> int:
    """A number for each level, so that levels have streams of their own."""
    name = f"{float(low)} to {float(high)}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def _norm(arrays: np.ndarray) -> np.ndarray:
    """Euclidean norm of each array, summed in double precision, (n,)."""
    return np.sqrt(np.square(arrays, dtype=np.float64).sum((1, 2)))
