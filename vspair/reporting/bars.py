"""Latent codes as bars below the images that they stand for (Figure 4)."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import place, show
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Layout in inches.
LEFT, RIGHT, CASE_GAP = 0.5, 0.12, 0.16
HEADER, NAME, IMAGE_GAP, IMAGE_ROWS = 0.2, 0.13, 0.03, 2
BAR_HEIGHT, BAR_GAP, FOOTER = 0.5, 0.34, 0.34

THICKEST, THINNEST = 2.0, 0.7
"""Widths of a bar in points: 784 bars of their true width would be thinner than a printer's finest line."""


def latent_figure(
    cases: Sequence[str],
    observation: np.ndarray,
    qoi: np.ndarray,
    reconstructions: Mapping[str, np.ndarray],
    codes: Mapping[str, np.ndarray],
    colours: Mapping[str, str],
    limits: tuple[float, float],
) -> "Figure":
    """Per case the observation, the truth and each method's reconstruction; below, |z_j| of the code of each.

    A row of bars has one height scale, and each panel states how many latents are not zero.

    Arguments:
        cases: title of each case.
        observation, qoi: shape (cases, height, width).
        reconstructions: method -> shape (cases, height, width).
        codes: method -> shape (cases, latents).
        colours: method -> colour.
        limits: smallest and largest grey value.
    """
    import matplotlib
    from matplotlib.figure import Figure

    images = {"$y$": observation, "$x$": qoi, **reconstructions}
    per_row = math.ceil(len(images) / IMAGE_ROWS)
    pitch = (TEXT_WIDTH - LEFT - RIGHT + CASE_GAP) / len(cases)
    side = (pitch - CASE_GAP + IMAGE_GAP) / per_row - IMAGE_GAP
    bars_top = HEADER + IMAGE_ROWS * (NAME + side + IMAGE_GAP) + BAR_GAP
    height = bars_top + len(codes) * (BAR_HEIGHT + BAR_GAP) - BAR_GAP + FOOTER
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, height))
        for case, title in enumerate(cases):
            left = LEFT + case * pitch
            figure.text((left + (pitch - CASE_GAP) / 2) / TEXT_WIDTH, 1 - 0.04 / height, title, ha="center", va="top")
            for number, (name, stack) in enumerate(images.items()):
                row, column = divmod(number, per_row)
                top = HEADER + row * (NAME + side + IMAGE_GAP) + NAME
                axis = place(figure, left + column * (side + IMAGE_GAP), top, side, side)
                show(axis, stack[case], limits)
                axis.set_title(name, fontsize=6.5, pad=2)
        for row, (method, code) in enumerate(codes.items()):
            heights = np.abs(code)
            for case in range(len(cases)):
                top = bars_top + row * (BAR_HEIGHT + BAR_GAP)
                axis = place(figure, LEFT + case * pitch, top, pitch - CASE_GAP, BAR_HEIGHT)
                draw_bars(axis, heights[case], heights.max(), colours[method])
                if case == 0:
                    axis.set_ylabel(f"{method}\n$|z_j|$", fontsize=7)
                else:
                    axis.tick_params(labelleft=False)
                if row == len(codes) - 1:
                    axis.set_xlabel("latent $j$", fontsize=7, labelpad=1)
    return figure


def draw_bars(axis: "Axes", heights: np.ndarray, top: float, colour: str) -> None:
    """Bars of a code's non-zero latents, with their number.

    Arguments:
        axis: where.
        heights: |z_j|, shape (latents,).
        top: largest height of the row; 0 if all are zero.
        colour: of the bars.
    """
    (latent,) = np.nonzero(heights)
    points = 72 * axis.get_position().width * axis.figure.get_size_inches()[0] / len(heights)
    width = min(THICKEST, max(THINNEST, 0.6 * points))
    # One collection of lines is a small part of a PDF; rectangles would be one path each.
    axis.vlines(latent, 0, heights[latent], colors=colour, linewidth=width)
    axis.set(xlim=(-0.5, len(heights) - 0.5), ylim=(0, 1.05 * top or 1), xticks=[0, len(heights) - 1])
    axis.locator_params(axis="y", nbins=3)
    axis.tick_params(labelsize=6.5, length=2, pad=1.5)
    axis.set_title(f"{len(latent)} of {len(heights)} non-zero", fontsize=6.5, pad=2)
