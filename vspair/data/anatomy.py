"""Anatomy of the chest as ellipses in Hounsfield units, different for each patient and smooth along its axis."""

from collections.abc import Mapping, Sequence

import numpy as np

from vspair.data import organs
from vspair.data.ellipses import ellipses
from vspair.data.organs import AIR, FAT, MARROW, MUSCLE, SIDES

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
        table of ellipses with HU as values, (k, ellipses, 10).
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
        organs.lungs(p, z),
        organs.vessels(p, z, people["vessels"]),
        organs.nodules(p, z, people["nodules"]),
        organs.mediastinum(p, z),
        organs.heart(p, z),
        organs.abdomen(p, z),
        organs.great_vessels(p, z),
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
