"""Organs of the chest as ellipses in Hounsfield units.

Each function takes what differs between patients (`vspair.data.anatomy.RANGES`, `cage_a` and `cage_b`: half axes of the
cage), each (k, 1), and the height z of each slice, (k, 1), 0 at the apex of the lungs to 1 at the liver; `draws` are
uniform in [0, 1). It returns a table of ellipses (k, ellipses, 10) in the order in which they are painted.
"""

import numpy as np

from vspair.data.ellipses import ellipses

FAT, MUSCLE, BLOOD, ORGAN, AIR, MARROW = -100.0, 50.0, 45.0, 60.0, -1000.0, 220.0
"""Hounsfield units."""

SIDES = np.array([-1.0, 1.0])
"""Of the patient: right, left."""


def _size(z):
    """Size of the lungs over the cage: they close at the apex."""
    return np.sqrt(np.clip(1 - np.clip(1 - z / 0.3, 0, 1) ** 2, 0.04, 1))


def lungs(p, z):
    """Two lungs, each of a front and a back ellipse, so that they follow the cage; pleura around them."""
    x, size = p["shift"], _size(z)
    a, b = p["cage_a"], p["cage_b"]
    lungs = []
    for rim, hu in ((0.014, -20.0), (0.0, None)):
        for along, half_a, half_b, y in ((0.50, 0.46, 0.84, 0.0), (0.46, 0.45, 0.62, 0.28)):
            value = p["lung"] if hu is None else hu
            lungs.append(
                ellipses(
                    x + SIDES * along * a,
                    y * b,
                    (half_b * b * size) + rim,
                    (half_a * a * size) + rim,
                    value=value,
                    angle=np.pi / 2,
                    egg=0.18,
                    edge=0.0 if hu else 0.02,
                )
            )
    return np.concatenate(lungs, axis=1)


def vessels(p, z, draws):
    """Tubes that leave the hilum: cut across they are dots, cut along they are strokes."""
    side = np.where(np.arange(draws.shape[1]) % 2 == 0, -1.0, 1.0)
    reach, turn, level, lean, length = (draws[..., column] for column in range(5))
    direction = np.pi * (turn * 1.5 - 0.75)
    outward = 0.10 + 0.85 * np.sqrt(reach)
    half = 0.06 + 0.12 * length
    distance = (z - level) / half
    thick = 0.019 * (1.2 - outward) * (0.4 + draws[..., 5] ** 2) * np.sqrt(np.clip(1 - distance**2, 0, 1))
    outward = outward + 0.1 * (lean - 0.5) * distance
    size = _size(z)
    x = p["shift"] + side * p["cage_a"] * size * (0.30 + 0.2 * outward + 0.38 * outward * np.cos(direction))
    y = p["cage_b"] * size * (0.06 + 0.74 * outward * np.sin(direction))
    stroke = 1 + 7.0 * draws[..., 6] ** 4
    slant = np.where(side > 0, 1, -1) * direction + 0.5 * (draws[..., 7] - 0.5)
    slant = np.where(side > 0, slant, np.pi + slant)
    return ellipses(x, y, thick * stroke, thick, value=BLOOD - 40 * (1 - p["contrast"]), angle=slant, edge=0.008)


def nodules(p, z, draws):
    """Small round masses; about every other patient has one that a slice may cut."""
    radius = 0.02 + 0.05 * draws[..., 0]
    distance = (z - draws[..., 1]) / (2 * radius)
    cut = np.where(draws[..., 2] < 0.4, radius * np.sqrt(np.clip(1 - distance**2, 0, 1)), 0)
    side = np.where(draws[..., 3] < 0.5, -1, 1)
    x = p["shift"] + side * p["cage_a"] * _size(z) * (0.35 + 0.4 * draws[..., 4])
    y = p["cage_b"] * _size(z) * (draws[..., 5] - 0.4)
    return ellipses(x, y, cut * 1.15, cut, value=30.0, angle=6 * draws[..., 4], egg=0.15, edge=0.012)


def mediastinum(p, z):
    """Fat and soft tissue between the lungs, from the breastbone to the spine."""
    b = p["cage_b"]
    narrow = 0.115 + 0.10 * np.clip(1 - z / 0.3, 0, 1)
    return np.concatenate(
        [
            ellipses(p["shift"], -0.35 * b, 0.66 * b, narrow * 0.62, value=-80.0, angle=np.pi / 2, egg=-0.25),
            ellipses(p["shift"] + 0.01, 0.08 * b, narrow * 1.15, 0.36 * b, value=-60.0),
            ellipses(p["shift"], 0.5 * b, narrow * 1.25, 0.40 * b, value=-30.0),
        ],
        axis=1,
    )


def heart(p, z):
    """The heart in its fat, turned to the patient's left, with two chambers."""
    size = p["heart"] * np.sqrt(np.clip(1 - ((z - 0.66) / 0.30) ** 2, 0, 1))
    x, y = p["shift"] + 0.10, -0.18 * p["cage_b"]
    blood = BLOOD + 110 * p["contrast"]
    return np.concatenate(
        [
            ellipses(x, y, 0.335 * size, 0.25 * size, value=-70.0, angle=0.55, egg=-0.12, edge=0.02),
            ellipses(x, y, 0.315 * size, 0.23 * size, value=MUSCLE + 20, angle=0.55, egg=-0.12),
            ellipses(x + 0.11 * size, y + 0.05, 0.17 * size, 0.105 * size, value=blood, angle=0.6, egg=-0.2, edge=0.03),
            ellipses(x - 0.10 * size, y - 0.08, 0.15 * size, 0.10 * size, value=blood, angle=0.4, edge=0.03),
            ellipses(x - 0.12 * size, y + 0.12, 0.12 * size, 0.085 * size, value=blood - 15, angle=0.2, edge=0.03),
        ],
        axis=1,
    )


def abdomen(p, z):
    """Dome of the liver under the right lung; stomach and spleen under the left one."""
    a, b = p["cage_a"], p["cage_b"]
    dome = np.sqrt(np.clip((z - p["liver"]) / 0.20, 0, 1))
    late = np.sqrt(np.clip((z - p["liver"] - 0.06) / 0.24, 0, 1))
    x = p["shift"]
    return np.concatenate(
        [
            ellipses(x - 0.46 * a, 0.02, 0.52 * a * dome, 0.88 * b * dome, value=ORGAN + 35 * p["contrast"]),
            ellipses(x - 0.50 * a, 0.12 * b, 0.05 * dome, 0.016 * dome, value=ORGAN + 80 * p["contrast"], angle=0.7),
            ellipses(x - 0.32 * a, -0.2 * b, 0.08 * dome, 0.014 * dome, value=ORGAN + 80 * p["contrast"], angle=-0.5),
            ellipses(x + 0.42 * a, -0.20 * b, 0.40 * a * late, 0.55 * b * late, value=25.0, angle=0.3),
            ellipses(x + 0.42 * a, -0.44 * b, 0.22 * a * late, 0.16 * b * late, value=AIR, angle=0.15),
            ellipses(x + 0.66 * a, 0.32 * b, 0.36 * b * late, 0.15 * a * late, value=ORGAN, angle=np.pi / 2 + 0.5),
        ],
        axis=1,
    )


def great_vessels(p, z):
    """Aorta (arch, ascending, descending), pulmonary trunk, windpipe or main bronchi, gullet."""
    x, b, r = p["shift"], p["cage_b"], p["aorta"]
    blood = BLOOD + 160 * p["contrast"]
    arch = np.clip(1 - np.abs(z - 0.30) / 0.09, 0, 1) ** 0.5
    ascending = np.clip(1 - np.abs(z - 0.45) / 0.15, 0, 1) ** 0.4
    trunk = np.clip(1 - np.abs(z - 0.46) / 0.10, 0, 1) ** 0.5
    split = np.clip((z - 0.38) / 0.10, 0, 1)
    trachea = np.where(z < 0.56, 0.055 * (1 - 0.35 * split), 0.0)
    apart, y = 0.115 * split, -0.02 + 0.10 * split
    tubes = np.concatenate([x + 0.01 - apart, x + 0.01 + apart], axis=1)
    return np.concatenate(
        [
            ellipses(x + 0.05, -0.16 * b, 0.22 * arch, r * arch, value=blood, angle=1.0, egg=0.1),
            ellipses(x - 0.06, -0.30 * b, r * 1.15 * ascending, r * 1.1 * ascending, value=blood),
            ellipses(x + 0.08, -0.26 * b, 0.12 * trunk, 0.065 * trunk, value=blood + 20, angle=0.9),
            ellipses(x + SIDES * 0.21, 0.05 * b, 0.10 * trunk, 0.04 * trunk, value=blood, angle=SIDES * 0.5),
            ellipses(tubes, y, trachea + 0.014, trachea + 0.014, value=MUSCLE - 20),
            ellipses(tubes, y, trachea, trachea * 1.05, value=AIR),
            ellipses(x + 0.02, 0.34 * b, 0.04, 0.026, value=MUSCLE - 15),
            ellipses(x + 0.135, 0.55 * b, r * np.clip(z / 0.3, 0, 1) ** 0.3, r, value=blood),
        ],
        axis=1,
    )
