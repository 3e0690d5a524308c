"""Latents that act inside the lost region of an image: perturbed reconstructions and their change (Figure 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import GREYS, boundary, box, percent, place, show, write
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VARIANCE_MAP = "inferno"
CHANGE_MAP = "inferno"
CONTOUR = "cyan"

NONE_FOUND = "no latent qualifies: none is active and has an effect"

# Layout in inches.
LEFT, RIGHT, TOP, BOTTOM = 0.25, 0.7, 0.18, 0.05
IMAGE_GAP, LEVELS, CASE_GAP, BAR_WIDTH = 0.03, 0.16, 0.28, 0.1


@dataclass(frozen=True)
class LocalisedCase:
    """One image and the latent with the highest localisation ratio.

    Arguments:
        title: of the case.
        observation, qoi, mean, variance: y, x, and mean and variance of the samples, each (height, width).
        mask: True where y has lost x, same shape.
        latent: number of the latent; negative if none qualifies.
        ratio: its localisation ratio.
        images: reconstructions at every level, shape (levels, height, width).
    """

    title: str
    observation: np.ndarray
    qoi: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    mask: np.ndarray
    latent: int
    ratio: float
    images: np.ndarray

    def change(self, levels: Sequence[float]) -> np.ndarray:
        """|reconstruction - reconstruction at level 0|, shape (levels, height, width); NaN if no latent qualifies."""
        if self.latent < 0:
            return np.full_like(self.images, np.nan)
        return np.abs(self.images - self.images[list(levels).index(0)])


def localised_figure(cases: Sequence[LocalisedCase], levels: Sequence[float], limits: tuple[float, float]) -> "Figure":
    """Three rows per case: y, x, variance and mean; reconstructions under perturbation; their absolute change.

    All variances share one colour scale and all changes another; the boundary of the lost region is drawn on them.

    Arguments:
        cases: from top to bottom.
        levels: perturbations in multiples of the latent's value, 0 among them.
        limits: smallest and largest grey value.
    """
    import matplotlib
    from matplotlib.figure import Figure

    pitch = (TEXT_WIDTH - LEFT - RIGHT + IMAGE_GAP) / len(levels)
    block = 3 * pitch + LEVELS + CASE_GAP
    height = TOP + len(cases) * block - CASE_GAP + BOTTOM
    most = max(case.variance.max() for case in cases)
    furthest = max((case.change(levels).max() for case in cases if case.latent >= 0), default=0)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, height))
        for number, case in enumerate(cases):
            top = TOP + number * block
            _moments_row(figure, case, top, pitch, limits, most)
            _perturbed_rows(figure, case, levels, top + pitch + LEVELS, pitch, limits, furthest)
        bar = (height - TOP - BOTTOM - CASE_GAP) / 2
        _colour_bar(figure, "pixel variance", most, VARIANCE_MAP, TOP, bar)
        if furthest:
            _colour_bar(figure, "absolute change (grey values)", furthest, CHANGE_MAP, TOP + bar + CASE_GAP, bar)
    return figure


def _moments_row(
    figure: "Figure", case: LocalisedCase, top: float, pitch: float, limits: tuple[float, float], most: float
) -> None:
    """Draw y, x, variance (up to `most`) and mean, with the names of case and latent beside them."""
    panels = {
        "$y$": (case.observation, limits, GREYS),
        "$x$": (case.qoi, limits, GREYS),
        "variance": (case.variance, (0, most), VARIANCE_MAP),
        r"mean $\hat{x}$": (case.mean, limits, GREYS),
    }
    for column, (name, drawn) in enumerate(panels.items()):
        axis = place(figure, LEFT + column * pitch, top, pitch - IMAGE_GAP, pitch - IMAGE_GAP)
        show(axis, *drawn)
        axis.set_title(name, fontsize=7, pad=2)
        if name == "variance":
            draw_contour(axis, case.mask)
    found = f"latent {case.latent}\nlocalisation ratio {case.ratio:.3g}" if case.latent >= 0 else ""
    text = f"{case.title}\n{found}".strip()
    write(figure, LEFT + len(panels) * pitch + 0.1, top + pitch / 2, text, va="center", fontsize=8)


def _perturbed_rows(
    figure: "Figure",
    case: LocalisedCase,
    levels: Sequence[float],
    top: float,
    pitch: float,
    limits: tuple[float, float],
    furthest: float,
) -> None:
    """Draw a case's reconstructions and their changes (up to `furthest`), or say that no latent qualifies."""
    side = pitch - IMAGE_GAP
    if case.latent < 0:
        write(figure, LEFT, top + pitch, NONE_FOUND, va="center", style="italic")
        return
    change = case.change(levels)
    for column, level in enumerate(levels):
        left = LEFT + column * pitch
        upper = place(figure, left, top, side, side)
        show(upper, case.images[column], limits)
        upper.set_title(percent(level), fontsize=6.5, pad=2)
        lower = place(figure, left, top + pitch, side, side)
        show(lower, change[column], (0, furthest), CHANGE_MAP)
        draw_contour(lower, case.mask)
        if level == 0:
            box(upper)
            box(lower)
        if column == 0:
            upper.set_ylabel(r"$\hat{x}$", fontsize=7)
            lower.set_ylabel(r"$|\Delta\hat{x}|$", fontsize=7)


def draw_contour(axis: "Axes", mask: np.ndarray) -> None:
    """Draw the boundary of a region, along the edges of its pixels, on an image of the same shape."""
    from matplotlib.collections import LineCollection

    axis.add_collection(LineCollection(boundary(mask), colors=CONTOUR, linewidths=0.6), autolim=False)


def _colour_bar(figure: "Figure", label: str, largest: float, colours: str, top: float, height: float) -> None:
    """Draw a bar from 0 to `largest` at the right edge."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    axis = place(figure, TEXT_WIDTH - RIGHT + 0.08, top, BAR_WIDTH, height)
    figure.colorbar(ScalarMappable(Normalize(0, largest), colours), cax=axis)
    axis.set_ylabel(label, fontsize=7)
    axis.tick_params(labelsize=6.5, length=2, pad=1.5)
