"""Reconstructions along the latents of highest and of lowest variance (Figure 11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vspair.reporting.images import box, place, show, write
from vspair.reporting.style import STYLE, TEXT_WIDTH, three_digits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Layout in inches.
LEFT, RIGHT, TOP, BOTTOM = 0.22, 0.02, 0.36, 0.34
IMAGE_GAP, HALF_GAP, CAPTION, BLOCK_GAP = 0.02, 0.1, 0.13, 0.1
BAR_WIDTH, BAR_HEIGHT = 1.3, 0.07
SMALL = 5.5

VARIANCE_MAP = "inferno"
HALVES = ("latents of highest variance", "latents of lowest variance")
NONE_LEFT = "no further likely latent"


@dataclass(frozen=True)
class Varied:
    """Latents of one observation, each moved by itself.

    Arguments:
        latents: their numbers, negative where there is none, shape (latents,): the first half has the highest variance,
            falling, the other half the lowest, rising.
        sds: sigma, shape (latents,).
        gates: omega, shape (latents,).
        images: reconstructions, shape (latents, steps, height, width).
        variances: over the steps, shape (latents, height, width).
    """

    latents: np.ndarray
    sds: np.ndarray
    gates: np.ndarray
    images: np.ndarray
    variances: np.ndarray


def step_figure(
    steps: Sequence[float], observations: Mapping[str, Varied], limits: tuple[float, float], unit: str = "\u03c3"
) -> "Figure":
    """One block per observation, latents of highest variance left and of lowest right; one row per latent.

    The last picture of a row is the pixel-wise variance over its steps, on a scale of its own from 0 to the number
    above it; variances of the latents shown differ by orders of magnitude. Step 0 is boxed.

    Arguments:
        steps: multiples of `unit` by which the latent is off its mean.
        observations: name -> its latents; a row without a latent says so.
        limits: values of black and white.
        unit: of the steps, as written above the columns.
    """
    import matplotlib
    from matplotlib.figure import Figure

    columns = len(steps) + 1
    half_width = (TEXT_WIDTH - LEFT - RIGHT - HALF_GAP) / 2
    pitch = (half_width + IMAGE_GAP) / columns
    side = pitch - IMAGE_GAP
    rows = max(len(varied.latents) for varied in observations.values()) // 2
    block = rows * (side + CAPTION)
    height = TOP + len(observations) * (block + BLOCK_GAP) - BLOCK_GAP + BOTTOM
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, height))
        for half, heading in enumerate(HALVES):
            left = LEFT + half * (half_width + HALF_GAP)
            write(figure, left + half_width / 2, 0.02, heading, ha="center", fontsize=8)
            for column, name in enumerate([*(step_name(step, unit) for step in steps), "variance"]):
                centre = left + column * pitch + side / 2
                write(figure, centre, TOP - 0.03, name, ha="center", va="bottom", fontsize=6.5)
            for number, varied in enumerate(observations.values()):
                first, above = half * len(varied.latents) // 2, TOP + number * (block + BLOCK_GAP)
                for row in range(len(varied.latents) // 2):
                    corner = left, above + row * (side + CAPTION)
                    _row(figure, steps, varied, first + row, corner, side, limits)
        for number, name in enumerate(observations):
            middle = TOP + number * (block + BLOCK_GAP) + block / 2
            write(figure, 0.02, middle, name, fontsize=8, rotation=90, va="center")
        _scale(figure, height)
    return figure


def step_name(step: float, unit: str) -> str:
    """What a step is called: 0 is the mean, 1 is +1 and -2 is minus 2 units."""
    if step == 0:
        return "mean"
    return f"{'+' if step > 0 else chr(0x2212)}{abs(step):g} {unit}"


def _row(
    figure: "Figure",
    steps: Sequence[float],
    varied: Varied,
    which: int,
    corner: tuple[float, float],
    side: float,
    limits: tuple[float, float],
) -> None:
    """Draw one latent from the corner (left, top) of its caption, in inches, to the right."""
    left, top = corner
    right = left + len(steps) * (side + IMAGE_GAP)
    above = top + CAPTION
    if varied.latents[which] < 0:
        write(figure, left, above + side / 2, NONE_LEFT, va="center", style="italic")
        return
    gate, sd = varied.gates[which], three_digits(varied.sds[which])
    caption = f"latent {varied.latents[which]}, \u03c9 = {gate:.3f}, \u03c3 = {sd}"
    variance = varied.variances[which]
    most = float(variance.max())
    write(figure, left, above - 0.015, caption, fontsize=SMALL, va="bottom")
    write(figure, right + side / 2, above - 0.015, f"{most:.2g}", fontsize=SMALL, va="bottom", ha="center")
    for column, step in enumerate(steps):
        axis = place(figure, left + column * (side + IMAGE_GAP), above, side, side)
        show(axis, varied.images[which, column], limits)
        if step == 0:
            box(axis)
    show(place(figure, right, above, side, side), variance, (0, most), VARIANCE_MAP)


def _scale(figure: "Figure", height: float) -> None:
    """The scale that all variances share once each is divided by its own greatest."""
    from matplotlib.cm import ScalarMappable

    bar = place(figure, TEXT_WIDTH - RIGHT - BAR_WIDTH, height - BOTTOM + 0.08, BAR_WIDTH, BAR_HEIGHT)
    figure.colorbar(ScalarMappable(cmap=VARIANCE_MAP), cax=bar, orientation="horizontal", ticks=[0, 1])
    bar.set_xticklabels(["0", "number above"], fontsize=6.5)
    # Labels in line with the ends of the bar stay inside the figure.
    for label, side in zip(bar.get_xticklabels(), ("left", "right"), strict=True):
        label.set_horizontalalignment(side)
    middle = height - BOTTOM + 0.08 + BAR_HEIGHT / 2
    write(figure, TEXT_WIDTH - RIGHT - BAR_WIDTH - 0.06, middle, "variance over the steps", ha="right", va="center")
