"""Training histories of all runs, term by term."""

from typing import TYPE_CHECKING

import pandas as pd

from vspair.reporting.style import COLOURS, STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS_PER_ROW = 3


def history_figure(history: pd.DataFrame, methods: list[str]) -> "Figure":
    """One panel per term, one line per method: the mean over seeds, with a band from the lowest to the highest.

    Arguments:
        history: tidy, columns `method`, `seed`, `epoch`, `term` and `value`.
        methods: order of the methods, which fixes their colours.
    """
    import matplotlib
    import seaborn
    from matplotlib.figure import Figure
    from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter

    terms = list(dict.fromkeys(history["term"]))
    rows = -(-len(terms) // PANELS_PER_ROW)
    palette = dict(zip(methods, COLOURS, strict=False))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 1.5 * rows + 0.4), layout="constrained")
        axes = figure.subplots(rows, PANELS_PER_ROW, squeeze=False).flatten()
        for axis, term in zip(axes, terms, strict=False):
            part = history[history["term"] == term]
            seaborn.lineplot(
                part,
                x="epoch",
                y="value",
                hue="method",
                hue_order=methods,
                palette=palette,
                errorbar=("pi", 100),
                marker="." if part["epoch"].nunique() < 20 else None,
                legend=False,
                ax=axis,
            )
            axis.set(title=term.replace("_", " "), ylabel="", xlabel="epoch")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            if (part["value"] > 0).all() and part["value"].max() > 10 * part["value"].min():
                axis.set_yscale("log")
                axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axis.yaxis.set_major_formatter(FormatStrFormatter("%g"))
                axis.yaxis.set_minor_formatter(NullFormatter())
        for axis in axes[len(terms) :]:
            axis.set_axis_off()
        figure.supylabel("mean per pair", fontsize=8)
        handles = [matplotlib.lines.Line2D([], [], color=palette[method], label=method) for method in methods]
        figure.legend(handles=handles, loc="outside upper center", ncols=len(methods), frameon=False)
    return figure
