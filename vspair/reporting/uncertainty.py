"""Whether predicted uncertainty follows the error, and whether it lies where information is missing (Figure 7)."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH, log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CONFIDENCE = 0.95

LABEL_WIDTH = 9
"""Letters of a method's name that fit below its box."""


def uncertainty_figure(images: pd.DataFrame, colours: Mapping[str, str]) -> "Figure":
    """Left, uncertainty against error with a linear fit; right, the ratio of variance inside to outside the holes.

    The band of a fit is its 95 % bootstrap interval. Boxes reach from quartile to quartile and whiskers over all
    images, so that one sees whether any lies below 1.

    Arguments:
        images: one row per method and image, columns `method`, `scatter` (whether the left panel shows it), `error`
            and `uncertainty` (squared grey values), and `ratio` (NaN where nothing varies outside the holes).
        colours: method -> colour.
    """
    import matplotlib
    from matplotlib.figure import Figure

    methods = list(dict.fromkeys(images["method"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 3.1), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        for method in methods:
            part = images[(images["method"] == method) & images["scatter"]]
            _scatter(left, part, f"{method}: {correlation(part['error'], part['uncertainty'])}", colours[method])
        left.set(
            xlabel="MSE of the samples' mean (squared grey values)",
            ylabel="mean pixel variance (squared grey values)",
            title="(a)",
        )
        legend = left.legend(frameon=False, loc="upper left", handletextpad=0.2, borderaxespad=0, markerscale=2)
        for handle in legend.legend_handles:
            handle.set_alpha(1)
        # Room above the points for the legend.
        left.set_ylim(0, images.loc[images["scatter"], "uncertainty"].max() * (1.05 + 0.06 * len(methods)))
        _boxes(right, images, methods, colours)
    return figure


def correlation(error: pd.Series, uncertainty: pd.Series) -> str:
    """Pearson's r with its 95 % interval (Fisher's z), in words."""
    from scipy.stats import pearsonr

    if error.nunique() < 2 or uncertainty.nunique() < 2:
        return "$r$ undefined"
    result = pearsonr(error, uncertainty)
    low, high = result.confidence_interval(CONFIDENCE)
    return f"$r$ = {result.statistic:.2f} [{low:.2f}, {high:.2f}]"


def _scatter(axis: "Axes", part: pd.DataFrame, label: str, colour: str) -> None:
    """Draw points and, where it is defined, the linear fit of uncertainty on error."""
    import seaborn

    axis.scatter(part["error"], part["uncertainty"], s=3, color=colour, alpha=0.35, linewidths=0, label=label)
    if part["error"].nunique() > 1:
        seaborn.regplot(
            part,
            x="error",
            y="uncertainty",
            scatter=False,
            ci=100 * CONFIDENCE,
            seed=0,
            color=colour,
            line_kws={"linewidth": 1.2},
            ax=axis,
        )


def _boxes(axis: "Axes", images: pd.DataFrame, methods: list[str], colours: Mapping[str, str]) -> None:
    """Draw one box of ratios per method on a logarithmic axis, its median in numbers, and a line at 1."""
    # A logarithm needs a positive ratio; how many images have none is stated.
    ratios = [images.loc[(images["method"] == method) & (images["ratio"] > 0), "ratio"] for method in methods]
    totals = [int((images["method"] == method).sum()) for method in methods]
    axis.axhline(1, color="0.5", linewidth=0.8, linestyle="--")
    boxes = axis.boxplot(
        [ratio.to_numpy() for ratio in ratios],
        whis=(0, 100),
        widths=0.5,
        patch_artist=True,
        medianprops={"color": "black"},
    )
    names = []
    for position, (method, ratio, total) in enumerate(zip(methods, ratios, totals, strict=True), start=1):
        boxes["boxes"][position - 1].set(facecolor=colours[method], alpha=0.7)
        left_out = total - len(ratio)
        name = fill(method, LABEL_WIDTH)
        names.append(f"{name}\n{left_out} of {total}\nwithout" if left_out else name)
        if len(ratio):
            axis.annotate(f"{ratio.median():.2g}", (position + 0.28, ratio.median()), va="center", fontsize=7)
    axis.set_yscale("log")
    axis.set_xticks(np.arange(1, len(methods) + 1), names, fontsize=6.5)
    axis.set_xlim(0.5, len(methods) + 0.8)
    axis.set(ylabel="variance in the holes / outside", title="(b)")
    log_ticks(axis.yaxis)
