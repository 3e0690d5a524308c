"""Anatomy of the chest as ellipses in Hounsfield units, different for each patient and smooth along its axis."""

from collections.abc import Mapping, Sequence

import numpy as np

from vspair.data.ellipses import ellipses

RANGES = {
    "offset": (0.3, 0.8),  # of the first slice below the apex of the lungs, in distances of slices
    "width": (0.84, 0.99),  # half width of the body over half the image
    "depth": (0.62, 0.72),  # of the body over its width
    "fat": (0.03, 0.12),  # thickness under the skin
    "muscle": (0.05, 0.075),  # thickness of the chest wall
    "shift": (-0.04, 0.04),  # of the body along x
    "heart": (0.9, 1.15),  # size
    "contrast": (0.0, 1.0),  # of the blood
    "aorta": (0.055, 0.08),  # radius
    "spine": (0.10, 0.125),  # radius of a vertebral body
    "bone": (500.0, 1000.0),  # HU of compact bone
    "lung": (-890.0, -800.0),  # HU
    "liver": (0.62, 0.78),  # height of its dome
    "couch": (0.0, 1.0),
}
"""What differs between patients, uniformly in these ranges; lengths are in half image widths."""

VESSELS = 220
NODULES = 2
RIBS = 7
"""Ribs cut by one slice on each side."""

FAT, MUSCLE, BLOOD, ORGAN, AIR, MARROW = -100.0, 50.0, 45.0, 60.0, -1000.0, 220.0
SIDES = np.array([-1.0, 1.0])


def anatomies(streams: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Anatomy of one patient from each stream.

    Returns:
        each name of `RANGES`, (k,); `waves` (k, 2, 3, 4), `vessels` (k, VESSELS, 8) and `nodules` (k, NODULES, 6),
        uniform in [0, 1).
    """
    low, high = np.array(list(RANGES.values())).T
    names = np.stack([low + (high - low) * stream.random(len(RANGES)) for stream in streams])
    return dict(zip(RANGES, names.T, strict=True)) | {
        "waves": np.stack([stream.random((2, 3, 4)) for stream in streams]),
        "vessels": np.stack([stream.random((VESSELS, 8)) for stream in streams]),
        "nodules": np.stack([stream.random((NODULES, 6)) for stream in streams]),
    }


def chest(people: Mapping[str, np.ndarray], height: np.ndarray) -> np.ndarray:
    """Ellipses of one slice of each patient, in the order in which they are painted.

    Arguments:
        people: from `anatomies`.
        height: of the slice, 0 at the apex of the lungs to 1 at the liver, (k,).

    Returns:
        table of ellipses with HU as values, (k, ellipses, columns).
    """
    p = {name: values[:, None] for name, values in people.items() if values.ndim == 1}
    z = height[:, None]
    p["cage_a"] = p["width"] - p["fat"] - p["muscle"] - 0.02
    p["cage_b"] = p["width"] * p["depth"] - p["fat"] - p["muscle"] - 0.02
    # Shoulders: the cage narrows towards the apex while the body does not.
    p["cage_a"] = p["cage_a"] * (1 - 0.4 * np.clip(1 - z / 0.4, 0, 1))
    parts = (
        _couch(p),
        _wall(p, z),
        _lungs(p, z),
        _vessels(p, z, people["vessels"]),
        _nodules(p, z, people["nodules"]),
        _mediastinum(p, z),
        _heart(p, z),
        _abdomen(p, z),
        _great_vessels(p, z),
        _ribs(p, z),
        _spine(p, z),
    )
    return np.concatenate(parts, axis=1)


def _couch(p):
    """A shell of two circles whose centre lies far above, under the patient."""
    bottom = p["width"] * p["depth"] + 0.05
    radius = 2.6 + np.zeros_like(bottom)
    there = np.where(p["couch"] < 0.7, 1.0, 0.0)
    shells = [(0.06, -150.0), (0.045, -880.0), (0.012, -300.0), (0.0, AIR)]
    circles = [
        ellipses(0.0, bottom - radius, there * (radius + extra), radius + extra, value=hu, warp=0.0)
        for extra, hu in shells
    ]
    return np.concatenate(circles, axis=1)


def _wall(p, z):
    """Skin, fat under it, muscles with layers of fat, and the fat that lines the cage."""
    a, b = p["width"], p["width"] * p["depth"]
    layer = p["fat"] + 0.4 * p["muscle"]
    shoulder = np.clip(1 - z / 0.3, 0, 1)
    body = [
        ellipses(p["shift"], 0.0, a, b, value=20.0),
        ellipses(p["shift"], 0.0, a - 0.012, b - 0.012, value=FAT),
        ellipses(p["shift"], 0.0, a - p["fat"], b - p["fat"], value=MUSCLE),
        ellipses(p["shift"], 0.0, a - layer, b - layer, value=FAT + 40),
        ellipses(p["shift"], 0.0, a - layer - 0.012, b - layer - 0.012, value=MUSCLE),
    ]
    latissimus = ellipses(
        p["shift"] + SIDES * 0.72 * a, 0.28 * b, 0.3 * b, 0.055, value=MUSCLE + 5, angle=np.pi / 2 + SIDES * 0.5
    )
    pectoral = ellipses(
        p["shift"] + SIDES * 0.45 * a, -0.8 * b, 0.28 * a * (1 + 0.3 * shoulder), 0.05, value=MUSCLE, angle=SIDES * 0.35
    )
    back = ellipses(p["shift"] + SIDES * 0.14, 0.82 * b, 0.12, 0.075, value=MUSCLE + 5, angle=SIDES * -0.15)
    return np.concatenate([*body, latissimus, pectoral, back], axis=1)


def _size(z):
    """Size of the lungs over the cage: they close at the apex."""
    return np.sqrt(np.clip(1 - np.clip(1 - z / 0.3, 0, 1) ** 2, 0.04, 1))


def _lungs(p, z):
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


def _vessels(p, z, draws):
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


def _nodules(p, z, draws):
    """Small round masses; about every other patient has one that a slice may cut."""
    radius = 0.02 + 0.05 * draws[..., 0]
    distance = (z - draws[..., 1]) / (2 * radius)
    cut = np.where(draws[..., 2] < 0.4, radius * np.sqrt(np.clip(1 - distance**2, 0, 1)), 0)
    side = np.where(draws[..., 3] < 0.5, -1, 1)
    x = p["shift"] + side * p["cage_a"] * _size(z) * (0.35 + 0.4 * draws[..., 4])
    y = p["cage_b"] * _size(z) * (draws[..., 5] - 0.4)
    return ellipses(x, y, cut * 1.15, cut, value=30.0, angle=6 * draws[..., 4], egg=0.15, edge=0.012)


def _mediastinum(p, z):
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


def _heart(p, z):
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


def _abdomen(p, z):
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


def _great_vessels(p, z):
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


def _ribs(p, z):
    """Ribs run obliquely, so that a slice cuts several, which move around the cage from one slice to the next."""
    part = (np.arange(RIBS) + (6 * z) % 1) / RIBS
    angle = -0.40 * np.pi + 0.86 * np.pi * part
    fade = np.sqrt(np.clip(np.minimum(part, 1 - part) * 8, 0, 1))
    bones = []
    for side in SIDES:
        a, b = p["cage_a"] + 0.022, p["cage_b"] + 0.022
        x, y = p["shift"] + side * a * np.cos(angle), b * np.sin(angle)
        tangent = np.arctan2(b * np.cos(angle), -side * a * np.sin(angle))
        length = (0.085 + 0.045 * np.abs(np.sin(3 * angle + 9 * z))) * fade
        bones.append(ellipses(x, y, length, 0.026 * fade, value=p["bone"], angle=tangent))
        bones.append(ellipses(x, y, length - 0.013, 0.026 * fade - 0.012, value=MARROW, angle=tangent, edge=0.01))
    blade = np.sqrt(np.clip(1 - ((z - 0.15) / 0.28) ** 2, 0, 1))
    a, b = p["width"], p["width"] * p["depth"]
    place = (p["shift"] + SIDES * 0.62 * a, 0.66 * b)
    bones.append(ellipses(*place, 0.19 * blade, 0.018 * blade, value=p["bone"], angle=-SIDES * 0.75))
    bones.append(ellipses(*place, 0.17 * blade, 0.007 * blade, value=MARROW, angle=-SIDES * 0.75))
    front = p["shift"], -0.99 * p["cage_b"]
    bones.append(ellipses(*front, 0.13, 0.033, value=p["bone"] * 0.7))
    bones.append(ellipses(*front, 0.115, 0.02, value=MARROW - 60, edge=0.012))
    return np.concatenate(bones, axis=1)


def _spine(p, z):
    """A vertebra with its arch, processes and canal, at the back of the cage."""
    r, x = p["spine"], p["shift"]
    y = p["cage_b"] * 0.80
    bone = p["bone"]
    disc = 0.5 + 0.5 * np.cos(2 * np.pi * 9 * z)
    return np.concatenate(
        [
            ellipses(x + SIDES * 1.25 * r, y + 1.25 * r, 0.85 * r, 0.17 * r, value=bone, angle=SIDES * 0.35),
            ellipses(x + SIDES * 1.25 * r, y + 1.25 * r, 0.75 * r, 0.07 * r, value=MARROW, angle=SIDES * 0.35),
            ellipses(x, y + 2.0 * r, 0.55 * r, 0.13 * r, value=bone, angle=np.pi / 2),
            ellipses(x, y + 1.15 * r, 0.78 * r, 0.62 * r, value=bone),
            ellipses(x, y, 1.12 * r, 0.92 * r, value=bone),
            ellipses(x, y, 0.99 * r, 0.79 * r, value=MARROW + 60 * disc, edge=0.012),
            ellipses(x, y + 1.12 * r, 0.50 * r, 0.42 * r, value=20.0),
            ellipses(x, y + 1.12 * r, 0.26 * r, 0.22 * r, value=40.0),
        ],
        axis=1,
    )
