"""Coverage against width: an interval is worth something when it is right and narrow."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH, log_ticks
from vspair.reporting.trends import MARKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {"raw": "(a) as sampled", "scaled": "(b) right on average", "assured": "(c) right with high probability"}
"""Parts of a summary of `calibrate`, and what their panel is called."""


def widths(summary: Mapping[str, Mapping[str, float | None]]) -> pd.DataFrame:
    """Nominal level, coverage and mean width of every interval in a summary of `calibrate`.

    Returns:
        Columns `part`, `level` in percent, `coverage` and `width`; a line for each level that has a
        factor.
    """
    lines = [
        {"part": part, "level": float(name), "coverage": coverage, "width": summary[part][f"width_{name}"]}
        for part in PANELS
        for key, coverage in summary[part].items()
        if (name := key.removeprefix("coverage_")) != key and coverage is not None
    ]
    return pd.DataFrame(lines, columns=["part", "level", "coverage", "width"])


def sharpness_figure(intervals: pd.DataFrame, colours: Mapping[str, str], unit: str) -> "Figure":
    """One line for each method through its intervals from the lowest level to the highest: up and left is better.

    Arguments:
        intervals: columns `method`, `seed` and those of `widths`; lines are means over seeds.
        colours: method -> colour.
        unit: of the widths.
    """
    import matplotlib
    from matplotlib.figure import Figure

    markers = dict(zip(colours, MARKERS, strict=False))
    means = intervals.groupby(["method", "part", "level"], sort=False)[["coverage", "width"]].mean().reset_index()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.7), layout="constrained")
        for axis, (part, title) in zip(
            figure.subplots(1, len(PANELS), sharex=True, sharey=True), PANELS.items(), strict=True
        ):
            of_part = means[means["part"] == part]
            for method, line in of_part.groupby("method", sort=False):
                style = {"color": colours[method], "marker": markers[method], "markersize": 4, "linewidth": 1}
                axis.plot(line["width"], line["coverage"], label=method, **style)
            for level in sorted(of_part["level"].unique()):
                axis.axhline(level / 100, color="0.85", linewidth=0.6, zorder=0)
            axis.set(title=title, ylim=(0, 1.02), xscale="log")
        # The panels have one axis: only now all of its points are there.
        figure.axes[0].set_xlim(means["width"].min() / 1.2, 1.2 * means["width"].max())
        for axis in figure.axes:
            log_ticks(axis.xaxis)
        figure.supxlabel(f"mean width of the interval ({unit})", fontsize=STYLE["axes.labelsize"])
        figure.axes[0].set_ylabel("share of pixels inside the interval")
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
    return figure
