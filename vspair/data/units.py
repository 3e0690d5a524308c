"""Hounsfield units: what they can be, and the normalised attenuation that they stand for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vspair.errors import VspairError

MU_WATER = 20.0
"""Linear attenuation of water, 1/m."""

MU_AIR = 0.02
"""Linear attenuation of air, 1/m."""

HU_MAX = 3071.0
"""Largest value of Hounsfield's scale in 12 bits."""

MU_MAX = HU_MAX * (MU_WATER - MU_AIR) / 1000 + MU_WATER
"""Linear attenuation at `HU_MAX`, 81.35858 1/m, which a normalised attenuation of 1 stands for."""

HALF_STEP = 0.5 * (MU_WATER - MU_AIR) / 1000 / MU_MAX
"""Half of one Hounsfield unit as normalised attenuation: scanners know a value no better."""

PLAUSIBLE = (-4096, 31743)
"""Hounsfield units that scanners write, from the padding outside the field of view to metal in the extended scale."""

LIGHTEST = -1000 * MU_WATER / (MU_WATER - MU_AIR)
"""Hounsfield units of nothing at all, below which the attenuation is clipped to 0."""

AIR = (-1100, -200)
"""Hounsfield units of air and lung; values below are padding."""

PADDING = -2000.0
"""Stands for what is outside the field of view: of no attenuation, and not to be taken for air."""

TISSUE = (-200, 200)
"""Hounsfield units of fat, water and soft tissue: at least a fifth of every slice of chest or abdomen."""

SPAN = 100
"""Hounsfield units between fat and soft tissue, which every slice of a body has, apart from its noise."""

SHIFTED = (900, 1250)
"""Values of soft tissue whose intercept was not applied; of a true slice of chest or abdomen at most 2 %."""


def attenuation(hu: np.ndarray) -> np.ndarray:
    """Normalised linear attenuation x = (HU (mu_water - mu_air) / 1000 + mu_water) / mu_max, clipped to [0, 1].

    Arguments:
        hu: Hounsfield units, any shape.

    Returns:
        float32 of the same shape, without unit; times `MU_MAX` it is in 1/m.
    """
    mu = np.asarray(hu) * np.float32((MU_WATER - MU_AIR) / 1000 / MU_MAX) + np.float32(MU_WATER / MU_MAX)
    return mu.clip(0, 1).astype(np.float32)


def require_hounsfield(
    hu: np.ndarray, where: Path | str, numbers: Sequence[int] | None = None, *, sample: bool = False
) -> None:
    """Refuse values that cannot be the Hounsfield units of CT slices, with the numbers seen.

    Every slice must lie in `PLAUSIBLE`, vary, and not look as if an intercept had been left out. What is a sample of
    a source must moreover hold something lighter than water, as air and fat are, and something near water, as soft
    tissue is; a single slice cut from the middle of a body need not.

    Arguments:
        hu: slices, (k, rows, columns), integers or floats.
        where: file that they come from, for the sentence.
        numbers: position of each slice in its source, for the sentence; None if `where` says which slice it is.
        sample: the slices stand for all of the source, or are whole as the scanner wrote them.

    Raises:
        VspairError: the values are something else.
    """
    if not hu.size:
        return
    lows, highs = (extreme(hu, axis=(1, 2)).astype(np.float64) for extreme in (np.min, np.max))
    for position in np.flatnonzero(~((lows >= PLAUSIBLE[0]) & (highs <= PLAUSIBLE[1]))):
        raise VspairError(
            f"{_named(where, numbers, position)} holds values from {lows[position]:g} to {highs[position]:g}, but "
            f"Hounsfield units lie between {PLAUSIBLE[0]} and {PLAUSIBLE[1]}: "
            f"{_wrapped(lows[position], highs[position])}"
        )
    for position in np.flatnonzero(np.maximum(lows, LIGHTEST) >= np.minimum(highs, HU_MAX)):
        raise VspairError(
            f"{_named(where, numbers, position)} is of one attenuation everywhere ({lows[position]:g} to "
            f"{highs[position]:g} HU): it was not written to the end, or its slope is wrong; leave it out"
        )
    # The smaller a square, the more of it may lie within a bone.
    enough = min(max(10 / min(hu.shape[1:]), 0.1), 0.5)
    shifted = ~_share(hu, AIR).astype(bool) & (_share(hu, SHIFTED) >= enough)
    if shifted.any() or (sample and not _share(hu, AIR).any() and _share(hu, SHIFTED).mean() >= 0.1):
        position = int(shifted.argmax())
        raise VspairError(
            f"{_named(where, numbers, position)} holds values from {lows[position]:g} to {highs[position]:g}, many of "
            f"them near {SHIFTED[0]} to {SHIFTED[1]} and none where air is, {AIR[0]} to {AIR[1]} HU: its intercept "
            "(often -1024) was not applied; apply the scanner's slope and intercept"
        )
    seen = f"{where} holds values from {lows.min():g} to {highs.max():g} in the slices looked at"
    if sample and not _share(hu, (AIR[0], 0)).any():
        raise VspairError(
            f"{seen} and no value below 0 but padding, though fat and air are below 0 HU: "
            "apply the scanner's slope and intercept"
        )
    if sample and highs.max() - lows.min() < SPAN:
        raise VspairError(f"{seen}, though Hounsfield units of air, fat and tissue lie further apart: give those units")
    if sample and _share(hu, TISSUE).mean() < 0.01:
        raise VspairError(
            f"{seen} and hardly any between {TISSUE[0]} and {TISSUE[1]} HU, where soft tissue is: "
            "apply the scanner's slope and intercept, once"
        )


def _share(hu: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """Share of each slice's values from the first bound up to the second, (k,)."""
    return ((hu >= bounds[0]) & (hu < bounds[1])).mean(axis=(1, 2))


def _named(where: Path | str, numbers: Sequence[int] | None, position: int) -> str:
    return str(where) if numbers is None else f"{where}, slice {numbers[position]} (from 0),"


def _wrapped(low: float, high: float) -> str:
    """What may have happened to values that lie outside `PLAUSIBLE`."""
    if high > PLAUSIBLE[1] and PLAUSIBLE[0] <= high - 2**16 < 0:
        return "negative values were stored as unsigned, 65536 too high; store them as signed"
    if low < PLAUSIBLE[0] and 0 <= low + 2**16 <= 2**16 and high < 2**15:
        return "it is damaged, or unsigned values were read as signed, 65536 too low"
    return "it holds something else or is damaged"
