"""Reconstructions while one latent is perturbed, for the most sensitive latents of each method (Figure 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import box, percent, place, show, write
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Layout in inches.
LEFT, RIGHT, TOP, BOTTOM = 1.2, 0.05, 0.22, 0.05
IMAGE_GAP, BLOCK_GAP = 0.03, 0.14

NONE_LEFT = "no further active latent"


@dataclass(frozen=True)
class Sensitive:
    """The most sensitive latents of one method for one image, most sensitive first.

    Arguments:
        latents: their numbers, shape (latents,).
        changes: mean squared change of the reconstruction under perturbation, shape (latents,).
        shares: share of the samples in which each is active, shape (latents,).
        images: reconstructions at every level, shape (latents, levels, height, width).
    """

    latents: np.ndarray
    changes: np.ndarray
    shares: np.ndarray
    images: np.ndarray


def perturbation_figure(
    levels: Sequence[float], methods: Mapping[str, Sensitive], limits: tuple[float, float], rows: int = 3
) -> "Figure":
    """One block per method, one row per latent, one column per level; level 0 is boxed.

    Arguments:
        levels: perturbations in multiples of the latent's value, 0 among them.
        methods: method -> its latents; a row that a method has no latent for says so.
        limits: smallest and largest grey value.
        rows: latents shown per method.
    """
    import matplotlib
    from matplotlib.figure import Figure

    pitch = (TEXT_WIDTH - LEFT - RIGHT + IMAGE_GAP) / len(levels)
    side = pitch - IMAGE_GAP
    block = rows * pitch + BLOCK_GAP
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, TOP + len(methods) * block - BLOCK_GAP + BOTTOM))
        for column, level in enumerate(levels):
            write(figure, LEFT + column * pitch + side / 2, TOP - 0.04, percent(level), ha="center", va="bottom")
        for number, (method, sensitive) in enumerate(methods.items()):
            top = TOP + number * block
            write(figure, 0.05, top + 1.5 * pitch, method, fontsize=8, rotation=90, va="center")
            for row in range(rows):
                above = top + row * pitch
                if row >= len(sensitive.latents):
                    write(figure, LEFT, above + side / 2, NONE_LEFT, va="center", style="italic")
                    continue
                name = f"latent {sensitive.latents[row]}\nMSE change\n{sensitive.changes[row]:.2g}"
                if sensitive.shares[row] < 1:
                    name += f"\non in {100 * sensitive.shares[row]:.0f} %"
                write(figure, LEFT - 0.08, above + side / 2, name, ha="right", va="center")
                for column, level in enumerate(levels):
                    axis = place(figure, LEFT + column * pitch, above, side, side)
                    show(axis, sensitive.images[row, column], limits)
                    if level == 0:
                        box(axis)
    return figure
