"""Results over a grid of two settings as heat maps (Figure 12)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH, three_digits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = "cividis"


def heatmap_figure(
    runs: pd.DataFrame, rows: tuple[str, str], columns: tuple[str, str], panels: Mapping[str, str]
) -> "Figure":
    """One map per result: its mean over the runs of each pair of settings, printed in the cell.

    The rows' setting grows upwards and the columns' to the right, as on ordinary axes.

    Arguments:
        runs: one row per run, with columns for both settings and all results.
        rows, columns: column of `runs` with a setting, and its label on the axis.
        panels: column of `runs` with a result -> its name, with the unit.
    """
    import matplotlib
    import seaborn
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.7), layout="constrained")
        for axis, (result, name) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            grid = runs.pivot_table(index=rows[0], columns=columns[0], values=result, aggfunc="mean")
            seaborn.heatmap(
                grid,
                annot=grid.map(three_digits).to_numpy(),
                fmt="",
                annot_kws={"fontsize": 7},
                cmap=COLOURS,
                square=True,
                linewidths=0.5,
                xticklabels=[f"{value:g}" for value in grid.columns],
                yticklabels=[f"{value:g}" for value in grid.index],
                cbar_kws={"label": name},
                ax=axis,
            )
            axis.invert_yaxis()
            axis.set(xlabel=columns[1], ylabel=rows[1])
            axis.tick_params(length=0, labelrotation=0)
    return figure
