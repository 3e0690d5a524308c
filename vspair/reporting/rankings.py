"""Correlations by strength, and a count by group and number of classes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import COLOURS, STYLE, TEXT_WIDTH, palette
from vspair.reporting.trends import MARKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def ranking_figure(correlations: Mapping[str, float], label: str) -> "Figure":
    """One bar per name, the first on top, blue for a positive and orange for a negative correlation.

    Arguments:
        correlations: name -> coefficient in [-1, 1], in the order of the bars; NaN leaves a bar's place empty.
        label: what the coefficient is.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH / 2, 0.6 + 0.25 * len(correlations)), layout="constrained")
        axis = figure.subplots()
        values = list(correlations.values())
        axis.barh(list(correlations), values, color=[COLOURS[0] if value >= 0 else COLOURS[1] for value in values])
        axis.axvline(0, color="black", linewidth=0.8)
        axis.invert_yaxis()
        axis.set(xlabel=label, xlim=(-1, 1))
    return figure


def counts_figure(counts: pd.DataFrame, label: str) -> "Figure":
    """One line per group over the number of classes, with a band of one standard error on either side.

    Arguments:
        counts: a line for each group and number of classes, with the columns `group`, `classes`, `mean` and `error`,
            which may be NaN.
        label: of what is counted.
    """
    import matplotlib
    from matplotlib.figure import Figure

    groups = list(dict.fromkeys(counts["group"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH / 2, 2.5), layout="constrained")
        axis = figure.subplots()
        for (group, colour), marker in zip(palette(groups).items(), MARKERS, strict=False):
            part = counts[counts["group"] == group].sort_values("classes")
            error = part["error"].fillna(0)
            axis.plot(part["classes"], part["mean"], color=colour, marker=marker, markersize=4, label=group)
            low, high = part["mean"] - error, part["mean"] + error
            axis.fill_between(part["classes"], low, high, color=colour, alpha=0.2, linewidth=0)
        axis.set_xticks(sorted(counts["classes"].unique()))
        axis.set(xlabel="classes", ylabel=label)
        axis.legend(frameon=False)
    return figure
