"""Coverage against width: an interval is worth something when it is right and narrow."""

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH, log_ticks
from vspair.reporting.trends import LEGEND_ROW, MARKERS

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


def sharpness_figure(
    intervals: pd.DataFrame, colours: Mapping[str, str], unit: str, noise: Mapping[str, str]
) -> "Figure":
    """One line for each method and data set through its intervals from the lowest level up: up and left is better.

    Arguments:
        intervals: columns `method`, `data`, `seed` and those of `widths`; lines are means over seeds.
        colours: method -> colour.
        unit: of the widths.
        noise: data set -> its noise, which has a marker of its own; without any, the method has.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    markers = dict(zip(colours, MARKERS, strict=False))
    of_noise = dict(zip(noise, cycle(MARKERS), strict=False))
    line_of = ["method", "data"]
    means = intervals.groupby([*line_of, "part", "level"], sort=False)[["coverage", "width"]].mean().reset_index()
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.7), layout="constrained")
        for axis, (part, title) in zip(
            figure.subplots(1, len(PANELS), sharex=True, sharey=True), PANELS.items(), strict=True
        ):
            of_part = means[means["part"] == part]
            for (method, data), line in of_part.groupby(line_of, sort=False):
                style = {"color": colours[method], "marker": of_noise.get(data, markers[method])}
                axis.plot(line["width"], line["coverage"], label=method, markersize=4, linewidth=1, **style)
            for level in sorted(of_part["level"].unique()):
                axis.axhline(level / 100, color="0.85", linewidth=0.6, zorder=0)
            axis.set(title=title, ylim=(0, 1.02), xscale="log")
        # The panels have one axis: only now all of its points are there.
        figure.axes[0].set_xlim(means["width"].min() / 1.2, 1.2 * means["width"].max())
        for axis in figure.axes:
            log_ticks(axis.xaxis, many=100)
        figure.supxlabel(f"mean width of the interval ({unit})", fontsize=STYLE["axes.labelsize"])
        figure.axes[0].set_ylabel("share of pixels inside the interval")
        handles = [
            Line2D([], [], color=colours[name], marker="" if noise else markers[name], markersize=4, label=name)
            for name in means["method"].unique()
        ]
        handles += [
            Line2D([], [], color="0.4", linestyle="", marker=of_noise[data], markersize=4, label=label)
            for data, label in noise.items()
        ]
        columns = -(-len(handles) // -(-len(handles) // LEGEND_ROW))
        figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False)
    return figure
