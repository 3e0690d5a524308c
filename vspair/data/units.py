"""Hounsfield units: what they can be, and the normalised attenuation that they stand for."""

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


def attenuation(hu: np.ndarray) -> np.ndarray:
    """Normalised linear attenuation x = (HU (mu_water - mu_air) / 1000 + mu_water) / mu_max, clipped to [0, 1].

    Arguments:
        hu: Hounsfield units, any shape.

    Returns:
        float32 of the same shape, without unit; times `MU_MAX` it is in 1/m.
    """
    mu = np.asarray(hu) * np.float32((MU_WATER - MU_AIR) / 1000 / MU_MAX) + np.float32(MU_WATER / MU_MAX)
    return mu.clip(0, 1).astype(np.float32)


def require_hounsfield(hu: np.ndarray, where: Path | str) -> None:
    """Refuse values that no scanner's Hounsfield units can be, with the values seen.

    Arguments:
        hu: slices, (k, rows, columns).
        where: file that they come from, for the sentence.

    Raises:
        VspairError: a value lies outside the extended scale.
    """
    if not hu.size:
        return
    low, high = int(hu.min()), int(hu.max())
    if low < PLAUSIBLE[0] or high > PLAUSIBLE[1]:
        raise VspairError(
            f"{where} holds values from {low} to {high}, but Hounsfield units lie between "
            f"{PLAUSIBLE[0]} and {PLAUSIBLE[1]}: it holds something else or is damaged"
        )
