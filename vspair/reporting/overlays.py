"""The posterior's mean and, laid over it, its pixel-wise spread (Figure 10)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import place, show, write
from vspair.reporting.reconstructions import SCORES_NAMED, Reconstructed, scores, show_observation
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# Layout in inches.
LEFT, RIGHT, TOP, BOTTOM = 0.6, 0.66, 0.2, 0.02
IMAGE_GAP, SCORE = 0.05, 0.16
BAR_GAP, BAR_WIDTH = 0.08, 0.1

COLOURS = "autumn"
"""Colour map of the spread: saturated throughout, so that no grey value of the mean can be taken for it."""

TOP_SHARE = 0.995
"""The colours end at this quantile of all spreads shown, so that a few pixels do not hide the others."""


def overlay_figure(
    rows: Sequence[str],
    observations: np.ndarray,
    truths: np.ndarray,
    means: Reconstructed,
    spreads: np.ndarray,
    limits: tuple[float, float],
    spread_name: str,
    names: tuple[str, str] = ("observation", "truth"),
) -> "Figure":
    """One row per observation: the observation, the truth, the mean with PSNR and SSIM, and the spread over the mean.

    Truths and means share one grey scale and all spreads one scale of colours, from 0, where they are transparent, to
    opaque.

    Arguments:
        rows: label of each row, such as its noise; at most some nine letters a line.
        observations: y, shape (rows, views, bins), shown transposed and as square.
        truths: x, shape (rows, height, width).
        means: of the samples, with their scores.
        spreads: pixel-wise standard deviation or variance of the samples, >= 0, shape (rows, height, width).
        limits: values of black and white.
        spread_name: of the colour bar, with the unit.
        names: above the first two columns.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    headings = (*names, "mean", "mean and spread")
    pitch = (TEXT_WIDTH - LEFT - RIGHT + IMAGE_GAP) / len(headings)
    side = pitch - IMAGE_GAP
    height = TOP + len(rows) * (side + SCORE) + BOTTOM
    colours = transparent_below(COLOURS)
    # A scale needs an end, also where hardly any pixel or none has a spread.
    top = float(np.quantile(spreads, TOP_SHARE) or spreads.max() or 1)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, height))
        for column, heading in enumerate(headings):
            centre = LEFT + column * pitch + side / 2
            write(figure, centre, TOP - 0.04, heading, ha="center", va="bottom", fontsize=8)
        for row, label in enumerate(rows):
            above = TOP + row * (side + SCORE)
            write(figure, LEFT - 0.06, above + side / 2, label, ha="right", va="center")
            axes = [place(figure, LEFT + column * pitch, above, side, side) for column in range(len(headings))]
            show_observation(axes[0], observations[row])
            for axis, image in zip(axes[1:], (truths[row], means.images[row], means.images[row]), strict=True):
                show(axis, image, limits)
            laid_over = show(axes[3], spreads[row], (0, top), colours)
            below = above + side + 0.02
            write(figure, LEFT + 2 * pitch - IMAGE_GAP, below, SCORES_NAMED, ha="right", color="0.4")
            text = scores(means.psnr[row], means.ssim[row])
            write(figure, LEFT + 2 * pitch + side / 2, below, text, ha="center")
        bar = place(figure, TEXT_WIDTH - RIGHT + BAR_GAP, TOP, BAR_WIDTH, height - TOP - BOTTOM - SCORE)
        # The colours mean what they mean on the mean: on black, not on the white of the page.
        bar.set_facecolor("black")
        extend = "max" if spreads.max() > top else "neither"
        numbers = ScalarFormatter(useMathText=True)
        numbers.set_powerlimits((-1, 3))
        figure.colorbar(laid_over, cax=bar, label=spread_name, extend=extend, extendfrac=0.02, format=numbers)
        # Away from the last heading.
        bar.yaxis.set_offset_position("left")
    return figure


def transparent_below(name: str) -> "Colormap":
    """A colour map whose opacity rises from 0 at its lower end to 1 at its upper end."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    colours = matplotlib.colormaps[name](np.linspace(0, 1, 256))
    colours[:, 3] = np.linspace(0, 1, 256)
    return ListedColormap(colours)
