"""Results against one setting that was varied over decades."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sweep_figure(runs: pd.DataFrame, setting: tuple[str, str], panels: Mapping[str, str], colour: str) -> "Figure":
    """One panel per result: the mean over seeds as a line, a band from lowest to highest, and every run as a point.

    The results' axes begin at 0, so that a change looks as large as it is.

    Arguments:
        runs: one row per run, with columns for the setting (positive) and all results.
        setting: column of `runs` with the setting, and its label on the axis.
        panels: column of `runs` with a result -> its name, with the unit.
        colour: of lines and points.
    """
    import matplotlib
    import seaborn
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.2), layout="constrained")
        values = sorted(runs[setting[0]].unique())
        for axis, (result, name) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            seaborn.lineplot(runs, x=setting[0], y=result, errorbar=("pi", 100), color=colour, ax=axis)
            axis.scatter(runs[setting[0]], runs[result], s=10, color=colour)
            axis.set_xscale("log")
            axis.set_xticks(values, [f"{value:g}" for value in values])
            axis.minorticks_off()
            axis.set(xlabel=setting[1], ylabel=name)
            axis.set_ylim(0, 1.15 * runs[result].max())
    return figure
