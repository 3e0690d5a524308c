"""Mean and variance maps of several methods for cases of growing difficulty (Figure 3)."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.reporting.images import show
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEAN_MAP = "gray"
VARIANCE_MAP = "inferno"

# Layout: margins in shares of the width, the gap between cases in image widths, the header in inches, and how many
# letters of a method's name fit beside one image.
LEFT, RIGHT, BOTTOM = 0.05, 0.905, 0.04
CASE_GAP = 0.3
HEADER = 0.4
LABEL_WIDTH = 9


def cases_by_difficulty(errors: pd.DataFrame, percentiles: Sequence[float]) -> pd.DataFrame:
    """The images whose error, averaged over methods, is nearest to given percentiles of it.

    Arguments:
        errors: one row per image, one column per method.
        percentiles: in percent, 0 the easiest and 100 the hardest.

    Returns:
        One row per percentile: `percentile`, `image` (row of `errors`) and `difficulty` (the mean error).
    """
    difficulty = errors.mean(axis=1).to_numpy()
    levels = np.percentile(difficulty, percentiles)
    images = np.abs(difficulty[:, None] - levels).argmin(axis=0)
    return pd.DataFrame({"percentile": percentiles, "image": images, "difficulty": difficulty[images]})


def map_figure(
    cases: Sequence[str],
    observation: np.ndarray,
    qoi: np.ndarray,
    moments: Mapping[str, tuple[np.ndarray, np.ndarray]],
    limits: tuple[float, float],
) -> "Figure":
    """One row per method; per case the observation, the truth, the mean and the variance of the samples.

    All means share the grey scale `limits` and all variances one scale from 0 to the largest shown.

    Arguments:
        cases: title of each case.
        observation, qoi: shape (cases, height, width).
        moments: method -> mean and variance, each (cases, height, width), in the unit of `limits`.
        limits: smallest and largest grey value.
    """
    import matplotlib
    from matplotlib.figure import Figure

    columns = ("$y$", "$x$", "mean", "variance")
    top = max(variance.max() for _, variance in moments.values())
    ratios = [*([1] * len(columns)), CASE_GAP] * len(cases)
    side = TEXT_WIDTH * (RIGHT - LEFT) / sum(ratios)
    height = side * len(moments) * 1.06 + HEADER
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, height))
        top_edge = 1 - HEADER / height
        grid = figure.add_gridspec(
            len(moments),
            len(ratios),
            width_ratios=ratios,
            left=LEFT,
            right=RIGHT,
            bottom=BOTTOM,
            top=top_edge,
            wspace=0.06,
        )
        for case, title in enumerate(cases):
            first = case * (len(columns) + 1)
            for row, (method, (mean, variance)) in enumerate(moments.items()):
                axes = [figure.add_subplot(grid[row, first + column]) for column in range(len(columns))]
                for axis, image in zip(axes, (observation[case], qoi[case], mean[case]), strict=False):
                    show(axis, image, limits, MEAN_MAP)
                shown = show(axes[-1], variance[case], (0, top), VARIANCE_MAP)
                for axis, name in zip(axes, columns, strict=True):
                    axis.set_title(name if row == 0 else "", fontsize=7, pad=3)
                if case == 0:
                    axes[0].set_ylabel(fill(method, LABEL_WIDTH), fontsize=6.5)
                if row == 0:
                    left, right = axes[0].get_position().x0, axes[-1].get_position().x1
                    figure.text((left + right) / 2, 1 - 0.04 / height, title, ha="center", va="top", fontsize=8)
        bar = figure.add_axes((RIGHT, BOTTOM, 0.012, top_edge - BOTTOM))
        figure.colorbar(shown, cax=bar, label="pixel variance")
    return figure
