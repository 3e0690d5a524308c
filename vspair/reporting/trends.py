"""How good reconstructions of several methods are as the noise grows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
"""One per colour, so that methods can be told apart without colours too."""

LEGEND_ROW = 6
"""Methods that fit beside each other in the legend."""


def trend_figure(
    scores: pd.DataFrame,
    level: tuple[str, str],
    panels: Mapping[str, str],
    colours: Mapping[str, str],
    others: pd.DataFrame | None = None,
) -> "Figure":
    """One panel per score, one line per method: the mean over seeds, with a band from the lowest to the highest.

    Arguments:
        scores: one row per method, level and seed, with a column `method`, one for the level and all scores.
        level: column with the level of noise, and its label on the axis.
        panels: column with a score -> its name, with the unit.
        colours: method -> colour, for all methods of both frames.
        others: the same for methods that are not trained anew for each level, drawn as hollow points without a line:
            one for each seed.
    """
    import matplotlib
    from matplotlib.figure import Figure

    markers = dict(zip(colours, MARKERS, strict=False))
    frames = [scores] if others is None else [scores, others]
    values = sorted(pd.concat(frames)[level[0]].unique())
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.7), layout="constrained")
        for axis, (score, name) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            for method, part in scores.groupby("method", sort=False):
                _line(axis, part, level[0], score, colours[method], markers[method])
            for method, part in others.groupby("method", sort=False) if others is not None else ():
                axis.scatter(
                    part[level[0]],
                    part[score],
                    s=26,
                    marker=markers[method],
                    facecolors="none",
                    edgecolors=colours[method],
                    zorder=3,
                    label=method,
                )
            axis.set_xticks(values, [f"{value:g}" for value in values])
            axis.set(xlabel=level[1], ylabel=name)
        handles, labels = axis.get_legend_handles_labels()
        lines = -(-len(labels) // LEGEND_ROW)
        figure.legend(handles, labels, loc="outside upper center", ncols=-(-len(labels) // lines), frameon=False)
    return figure


def _line(axis: "Axes", part: pd.DataFrame, level: str, score: str, colour: str, marker: str) -> None:
    """Mean over seeds with the band that holds all of them; where there is one seed only, none is to be seen."""
    over_seeds = part.groupby(level)[score].agg(["mean", "min", "max"])
    axis.fill_between(over_seeds.index, over_seeds["min"], over_seeds["max"], color=colour, alpha=0.2, linewidth=0)
    label = part["method"].iloc[0]
    axis.plot(over_seeds.index, over_seeds["mean"], color=colour, marker=marker, markersize=4, label=label)
