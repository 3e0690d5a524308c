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

CORRELATION = ("r", "r_low", "r_high")

REGIONS = ("variance_holes", "variance_outside")
"""Columns with the mean pixel variance inside and outside of the holes."""

LABEL_WIDTH = 9
"""Letters of a method's name that fit below its box."""


def variance_ratio(images: pd.DataFrame) -> pd.Series:
    """Variance inside the holes over that outside, of each image; NaN where nothing varies outside."""
    inside, outside = (images[name] for name in REGIONS)
    return inside / outside.where(outside > 0)


def uncertainty_figure(images: pd.DataFrame, colours: Mapping[str, str], unit: str = "squared grey values") -> "Figure":
    """Left, uncertainty against error with a linear fit; right, the ratio of variance inside to outside the holes.

    The band of a fit is its 95 % bootstrap interval. Boxes reach from quartile to quartile and whiskers over all
    images, so that one sees whether any lies below 1. Where nothing is lost by place, there is the left panel alone.

    Arguments:
        images: one row per method and image, columns `method`, `scatter` (whether the left panel shows it), `error`
            and `uncertainty`; where there are holes `ratio` (NaN where nothing varies outside of them).
        colours: method -> colour.
        unit: of error and uncertainty.
    """
    import matplotlib
    from matplotlib.figure import Figure

    methods = list(dict.fromkeys(images["method"]))
    numbers = printed_numbers(images).set_index("method")
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 3.1), layout="constrained")
        left, *right = figure.subplots(1, 2, width_ratios=(1.25, 1)) if "ratio" in images else [figure.subplots()]
        for method in methods:
            part = images[(images["method"] == method) & images["scatter"]]
            _scatter(left, part, f"{method}: {_in_words(*numbers[list(CORRELATION)].loc[method])}", colours[method])
        left.set(
            xlabel=f"MSE of the samples' mean ({unit})",
            ylabel=f"mean pixel variance ({unit})",
            title="(a)" if right else "",
        )
        legend = left.legend(frameon=False, loc="upper left", handletextpad=0.2, borderaxespad=0, markerscale=2)
        for handle in legend.legend_handles:
            handle.set_alpha(1)
        # Room above the points for the legend.
        left.set_ylim(0, images.loc[images["scatter"], "uncertainty"].max() * (1.05 + 0.06 * len(methods)))
        for axis in right:
            _boxes(axis, images, numbers, colours)
    return figure


def printed_numbers(images: pd.DataFrame) -> pd.DataFrame:
    """The numbers that the figure prints, one line per method.

    Arguments:
        images: as for `uncertainty_figure`.

    Returns:
        Columns `method`; `r`, `r_low` and `r_high`, Pearson's r of uncertainty with error among the images of the left
        panel and its 95 % interval; `images` in all; where there are holes `median_ratio` of the ratios above 0, and
        `without`, the images that have none.
    """
    lines = []
    for method, part in images.groupby("method", sort=False):
        shown = part[part["scatter"]]
        line = dict(zip(CORRELATION, correlation(shown["error"], shown["uncertainty"]), strict=True))
        if "ratio" in part:
            ratio = part.loc[part["ratio"] > 0, "ratio"]
            line |= {"median_ratio": ratio.median(), "without": len(part) - len(ratio)}
        lines.append({"method": method, **line, "images": len(part)})
    numbers = pd.DataFrame(lines)
    return numbers.astype({name: "Int64" for name in ("without", "images") if name in numbers})


def correlation(error: pd.Series, uncertainty: pd.Series) -> tuple[float, float, float]:
    """Pearson's r and both ends of its 95 % interval (Fisher's z); NaN where it is not defined."""
    from scipy.stats import pearsonr

    if error.nunique() < 2 or uncertainty.nunique() < 2:
        return (np.nan,) * 3
    result = pearsonr(error, uncertainty)
    return float(result.statistic), *map(float, result.confidence_interval(CONFIDENCE))


def _in_words(r: float, low: float, high: float) -> str:
    return "$r$ undefined" if np.isnan(r) else f"$r$ = {r:.2f} [{low:.2f}, {high:.2f}]"


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


def _boxes(axis: "Axes", images: pd.DataFrame, numbers: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw one box of ratios per method on a logarithmic axis, its median in numbers, and a line at 1."""
    # A logarithm needs a positive ratio; how many images have none is stated.
    ratios = [images.loc[(images["method"] == method) & (images["ratio"] > 0), "ratio"] for method in numbers.index]
    axis.axhline(1, color="0.5", linewidth=0.8, linestyle="--")
    boxes = axis.boxplot(
        [ratio.to_numpy() for ratio in ratios],
        whis=(0, 100),
        widths=0.5,
        patch_artist=True,
        medianprops={"color": "black"},
    )
    names = []
    for position, line in enumerate(numbers.itertuples(), start=1):
        boxes["boxes"][position - 1].set(facecolor=colours[line.Index], alpha=0.7)
        name = fill(line.Index, LABEL_WIDTH)
        names.append(f"{name}\n{line.without} of {line.images}\nwithout" if line.without else name)
        if line.without < line.images:
            median = line.median_ratio
            axis.annotate(f"{median:.2g}", (position + 0.28, median), va="center", fontsize=7)
    axis.set_yscale("log")
    axis.set_xticks(np.arange(1, len(names) + 1), names, fontsize=6.5)
    axis.set_xlim(0.5, len(names) + 0.8)
    axis.set(ylabel="variance in the holes / outside", title="(b)")
    log_ticks(axis.yaxis)
