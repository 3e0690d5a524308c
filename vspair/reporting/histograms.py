"""Distributions over images, of several methods as steps in one panel (Figure 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH, log_ticks, three_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 40

HEADROOM = 1.35
"""Height of a panel in heights of its highest bin: the legend lies above all steps."""

LINES = ("-", "--", "-.", ":")
"""Line styles of the methods in turn, for prints without colour."""


@dataclass(frozen=True)
class Panel:
    """One histogram.

    Arguments:
        column: of the values, which are positive, or NaN where there is none.
        label: of the axis, with its unit.
        marked: the statistic that is marked by an upright line.
    """

    column: str
    label: str
    marked: Literal["median", "mean"]


def histogram_figure(values: pd.DataFrame, panels: list[Panel], colours: Mapping[str, str], without: str) -> "Figure":
    """One panel per column on a logarithmic axis: share of all images in each bin, one step line per method.

    Arguments:
        values: one row per method and image (and seed, pooled), columns `method` and those of the panels.
        panels: from left to right.
        colours: method -> colour.
        without: what the images with NaN lack; their number is stated for each method.
    """
    import matplotlib
    from matplotlib.figure import Figure

    numbers = printed_numbers(values, panels).set_index("method")
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.8), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, panel, letter in zip(axes, panels, "abcdef", strict=False):
            draw_histogram(axis, values, panel, numbers[panel.column], colours)
            axis.set_title(f"({letter})")
        counts = [f"{line.Index} {line.without} of {line.images}" for line in numbers.itertuples()]
        figure.supxlabel(f"images without {without}:\n{', '.join(counts)}", fontsize=7)
    return figure


def printed_numbers(values: pd.DataFrame, panels: list[Panel]) -> pd.DataFrame:
    """The numbers that the figure prints, one line per method.

    Arguments:
        values, panels: as for `histogram_figure`.

    Returns:
        Columns `method`; those of the panels, with what is marked in each (NaN without any value); `without`, the
        images without a value in the first panel, of `images` in all.
    """
    groups = values.groupby("method", sort=False)
    first = groups[panels[0].column]
    marks = {panel.column: groups[panel.column].agg(panel.marked) for panel in panels}
    counts = {"without": first.size() - first.count(), "images": first.size()}
    return pd.DataFrame(marks | counts).astype(dict.fromkeys(counts, "Int64")).reset_index()


def draw_histogram(
    axis: "Axes", values: pd.DataFrame, panel: Panel, marks: pd.Series, colours: Mapping[str, str]
) -> None:
    """Draw the steps of all methods over common bins, and their marks (method -> number) with the numbers."""
    known = values[panel.column].dropna()
    axis.set(xlabel=panel.label, ylabel="share of images (%)")
    if known.empty:
        axis.text(0.5, 0.5, "no values", transform=axis.transAxes, ha="center", va="center", style="italic")
        return
    # A single value would leave the bins without width.
    edges = np.geomspace(known.min() * 0.99, known.max() * 1.01, BINS + 1)
    for number, (method, mark) in enumerate(marks.items()):
        of_method = values.loc[values["method"] == method, panel.column]
        counts, _ = np.histogram(of_method.dropna(), edges)
        style = {"color": colours[method], "linestyle": LINES[number % len(LINES)]}
        text = "none"
        if not np.isnan(mark):
            text = f"{panel.marked} {three_digits(mark)}"
            axis.axvline(mark, 0, 1 / HEADROOM, linewidth=0.8, **style)
        axis.stairs(100 * counts / len(of_method), edges, label=f"{method}: {text}", linewidth=1.2, **style)
    axis.set_xscale("log")
    log_ticks(axis.xaxis)
    axis.set_ylim(0, HEADROOM * axis.dataLim.ymax)
    axis.legend(frameon=False, loc="upper center", fontsize=6.5, ncols=2, handlelength=1.5, columnspacing=0.8)
