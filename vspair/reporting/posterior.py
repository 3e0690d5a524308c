"""Are the samples the posterior's? Rank histograms of the truth, and the expected coverage of TARP."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.errors import VspairError
from vspair.metrics import read_numbers
from vspair.reporting.style import COLOURS, STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARP = "tarp"
"""Kind of the lines of a file that are the expected coverage; the others are rank histograms."""

QUANTITIES = {
    "mean": "mean",
    "deviation": "deviation",
    "holes": "mean in\nthe holes",
    "variation": "total\nvariation",
    "projection": "random\nprojection",
    "distance": "distance from\nthe centre",
    TARP: "TARP",
}
"""What each kind is called, in the order of the columns."""

HEIGHT = 0.78
"""Of one row, in inches."""

HIGHEST = 5.0
"""Of a histogram in heights of an even one: higher bins are cut off, and marked."""


def read_posterior(path: Path | str) -> pd.DataFrame:
    """What `calibrate` wrote of ranks, columns `kind`, `x`, `y`, `low` and `high`.

    Raises:
        VspairError: a value is missing, or a kind is not known or not there as often as the others.
    """
    read_numbers(path, ("x", "y", "low", "high"))
    frame = pd.read_csv(path)[["kind", "x", "y", "low", "high"]]
    counts = frame["kind"].value_counts()
    ranks = counts.drop(TARP, errors="ignore")
    if not set(counts.index) <= set(QUANTITIES) or TARP not in counts or ranks.nunique() != 1:
        there = ", ".join(f"{kind} {count}" for kind, count in counts.items())
        raise VspairError(
            f"expected {TARP} and rank histograms of as many bins each, of {', '.join(QUANTITIES)}, in {path}, found "
            f"{there}: delete it and run the same command again"
        )
    return frame


def posterior_figure(curves: pd.DataFrame) -> "Figure":
    """A row for each method: histograms of the truth's rank and, at the end, expected coverage over credibility.

    Grey is where each bin or point lies with probability 0.95 if the samples are the posterior's.

    Arguments:
        curves: columns `row`, `seed` and those of `read_posterior`; bars and lines are means over seeds.
    """
    import matplotlib
    from matplotlib.figure import Figure

    rows = list(dict.fromkeys(curves["row"]))
    kinds = [kind for kind in QUANTITIES if (curves["kind"] == kind).any()]
    means = curves.groupby(["row", "kind", "x"], sort=False)[["y", "low", "high"]].mean().reset_index()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 0.75 + HEIGHT * len(rows)), layout="constrained")
        axes = figure.subplots(len(rows), len(kinds), squeeze=False)
        for row, line in zip(rows, axes, strict=True):
            for kind, axis in zip(kinds, line, strict=True):
                part = means[(means["row"] == row) & (means["kind"] == kind)]
                if kind == TARP:
                    _draw_coverage(axis, part)
                else:
                    _draw_ranks(axis, part)
                if row == rows[0]:
                    axis.set_title(QUANTITIES[kind], fontsize=7)
                if row != rows[-1]:
                    axis.set_xticklabels([])
            line[0].set_ylabel(row.replace(", ", "\n").replace(" (", "\n("), fontsize=7)
        figure.supxlabel("rank of the truth among the samples (TARP: credibility)", fontsize=7)
    return figure


def _draw_ranks(axis: "Axes", part: pd.DataFrame) -> None:
    """Bars in heights of an even histogram; without a value, as of holes that no image has, it is said."""
    axis.set(xlim=(0, 1), xticks=(0, 0.5, 1), yticks=())
    axis.set_xticklabels(("0", "", "1"))
    if part.empty:
        axis.text(0.5, 0.5, "none", transform=axis.transAxes, ha="center", va="center", fontsize=7)
        return
    bins = len(part)
    heights, edges = bins * part["y"].to_numpy(), np.linspace(0, 1, bins + 1)
    axis.stairs(heights.clip(max=HIGHEST), edges, fill=True, color=COLOURS[0], alpha=0.75)
    low, high = bins * part["low"].iloc[0], bins * part["high"].iloc[0]
    axis.axhspan(low, high, color="0.6", alpha=0.45, linewidth=0)
    axis.axhline(1, color="0.3", linewidth=0.6)
    top = max(2.2, 1.1 * high, 1.1 * heights.max())
    axis.set_ylim(0, min(top, 1.12 * HIGHEST))
    for place in np.flatnonzero(heights > HIGHEST):
        axis.plot((place + 0.5) / bins, 1.05 * HIGHEST, marker="^", markersize=2.5, color=COLOURS[1])


def _draw_coverage(axis: "Axes", part: pd.DataFrame) -> None:
    axis.fill_between(part["x"], part["low"], part["high"], color="0.6", alpha=0.45, linewidth=0)
    axis.plot([0, 1], [0, 1], color="0.3", linewidth=0.6)
    axis.plot(part["x"], part["y"], color=COLOURS[1], linewidth=1.2)
    axis.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 1))
    axis.set_xticklabels(("0", "", "1"))
    axis.yaxis.tick_right()
    axis.spines["right"].set_visible(True)
