"""Reconstructions by several methods under growing noise (Figure 9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import place, show, write
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Layout in inches.
LEFT, RIGHT, TOP, BOTTOM = 0.6, 0.03, 0.2, 0.02
IMAGE_GAP, SCORE = 0.04, 0.16

SCORES_NAMED = "PSNR (dB), SSIM:"


@dataclass(frozen=True)
class Reconstructed:
    """What one method made of each observation, and how good it is.

    Arguments:
        images: shape (observations, height, width).
        psnr: in dB, shape (observations,).
        ssim: shape (observations,).
    """

    images: np.ndarray
    psnr: np.ndarray
    ssim: np.ndarray


def scores(psnr: float, ssim: float) -> str:
    """PSNR in dB and SSIM in one short line: 31.4, 0.874."""
    return f"{psnr:.1f}, {ssim:.3f}".replace("-", "\N{MINUS SIGN}")


def show_observation(axis: "Axes", observation: np.ndarray) -> None:
    """Draw an observation on a grey scale of its own, stretched over the axes.

    Arguments:
        axis: where.
        observation: shape (views, bins); views run to the right, bins downwards.
    """
    show(axis, observation.T, (observation.min(), observation.max())).axes.set_aspect("auto")


def reconstruction_figure(
    rows: Sequence[str],
    observations: np.ndarray,
    truths: np.ndarray,
    methods: Mapping[str, Reconstructed],
    limits: tuple[float, float],
    names: tuple[str, str] = ("observation", "truth"),
) -> "Figure":
    """One row per observation: the observation, the truth and each method's reconstruction with its PSNR and SSIM.

    Truths and reconstructions share one grey scale, beyond whose ends they are black and white; each observation has
    its own.

    Arguments:
        rows: label of each row, such as its noise; at most some nine letters a line.
        observations: y, shape (rows, views, bins), shown transposed and as square.
        truths: x, shape (rows, height, width).
        methods: name above the column -> reconstructions, from left to right.
        limits: values of black and white.
        names: above the first two columns.
    """
    import matplotlib
    from matplotlib.figure import Figure

    headings = [*names, *methods]
    pitch = (TEXT_WIDTH - LEFT - RIGHT + IMAGE_GAP) / len(headings)
    side = pitch - IMAGE_GAP
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, TOP + len(rows) * (side + SCORE) + BOTTOM))
        for column, heading in enumerate(headings):
            centre = LEFT + column * pitch + side / 2
            write(figure, centre, TOP - 0.04, heading, ha="center", va="bottom", fontsize=8)
        for row, label in enumerate(rows):
            above = TOP + row * (side + SCORE)
            write(figure, LEFT - 0.06, above + side / 2, label, ha="right", va="center")
            axes = [place(figure, LEFT + column * pitch, above, side, side) for column in range(len(headings))]
            show_observation(axes[0], observations[row])
            show(axes[1], truths[row], limits)
            write(figure, LEFT + 2 * pitch - IMAGE_GAP, above + side + 0.02, SCORES_NAMED, ha="right", color="0.4")
            for column, method in enumerate(methods.values(), start=2):
                show(axes[column], method.images[row], limits)
                text = scores(method.psnr[row], method.ssim[row])
                write(figure, LEFT + column * pitch + side / 2, above + side + 0.02, text, ha="center")
    return figure
