"""How well posterior samples are calibrated: reliability and sparsification curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.errors import VspairError
from vspair.metrics import read_numbers
from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOMINAL = {"color": "0.5", "linewidth": 0.8, "linestyle": ":"}

RELIABILITY = ("reliability", "reliability_scaled")
SPARSIFICATION = ("sparsification", "oracle")

HEADROOM = 1.35
"""Height of the sparsification panel in heights of its curves: the legend lies above them."""


def read_curves(path: Path | str, levels: Sequence[float]) -> pd.DataFrame:
    """The curves that `calibrate` wrote, columns `kind`, `x` and `y`.

    Arguments:
        path: the file.
        levels: of the configuration, at which both reliabilities stand.

    Raises:
        VspairError: a curve or a value is missing. Both curves of sparsification may be empty altogether, where no
            image has an error.
    """
    read_numbers(path, ("x", "y"), empty=[("y",)])
    frame = pd.read_csv(path)[["kind", "x", "y"]]
    curves = {kind: part for kind, part in frame.groupby("kind")}
    whole = curves.keys() == {*RELIABILITY, *SPARSIFICATION}
    whole = whole and all(np.array_equal(curves[kind]["x"], levels) for kind in RELIABILITY)
    whole = whole and curves[SPARSIFICATION[0]]["x"].tolist() == curves[SPARSIFICATION[1]]["x"].tolist()
    whole = whole and not frame.loc[frame["kind"].isin(RELIABILITY), "y"].isna().any()
    if not whole or frame.loc[frame["kind"].isin(SPARSIFICATION), "y"].isna().nunique() != 1:
        raise VspairError(
            f"expected whole curves {', '.join((*RELIABILITY, *SPARSIFICATION))} at the levels {list(levels)} in "
            f"{path}, found others: delete it and run the same command again"
        )
    return frame


def calibration_figure(curves: pd.DataFrame, colours: Mapping[str, str]) -> "Figure":
    """Reliability before and after the conformal scaling, and sparsification against its oracle.

    Lines are means over seeds, bands reach from the lowest to the highest.

    Arguments:
        curves: tidy, columns `method`, `seed`, `kind` (`reliability`, `reliability_scaled`, `sparsification` or
            `oracle`), `x` (nominal level, or fraction of the pixels removed) and `y`.
        colours: method -> colour.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    methods = list(dict.fromkeys(curves["method"]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.6), layout="constrained")
        raw, scaled, sparsified = figure.subplots(1, 3)
        draw_reliability(raw, curves[curves["kind"] == "reliability"], colours)
        raw.set(ylabel="share of pixels inside the interval", title="(a) as sampled")
        draw_reliability(scaled, curves[curves["kind"] == "reliability_scaled"], colours)
        scaled.set(title="(b) after conformal scaling")
        _lines(sparsified, curves[curves["kind"] == "sparsification"], colours)
        _lines(sparsified, curves[curves["kind"] == "oracle"], colours, linestyle="--")
        sparsified.set(
            xlabel="fraction of pixels removed",
            ylabel="MSE of the rest / MSE of all",
            title="(c) sparsification",
            xlim=(0, 1),
            ylim=(0, HEADROOM * max(1, sparsified.dataLim.ymax)),
            box_aspect=1,
        )
        order = [Line2D([], [], color="0.3"), Line2D([], [], color="0.3", linestyle="--")]
        sparsified.legend(order, ["highest variance first", "highest error first"], frameon=False, loc="upper right")
        handles = [Line2D([], [], color=colours[method], label=method) for method in methods]
        handles.append(Line2D([], [], label="nominal", **NOMINAL))
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    return figure


def draw_reliability(axis: "Axes", curves: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw coverage against the nominal level, and the diagonal where both are equal."""
    axis.plot([0, 1], [0, 1], **NOMINAL)
    _lines(axis, curves, colours, marker=".")
    axis.set(xlabel="nominal level", ylabel="", xlim=(0, 1), ylim=(0, 1), box_aspect=1)


def _lines(axis: "Axes", curves: pd.DataFrame, colours: Mapping[str, str], **style) -> None:
    import seaborn

    seaborn.lineplot(
        curves,
        x="x",
        y="y",
        hue="method",
        palette=dict(colours),
        hue_order=list(dict.fromkeys(curves["method"])),
        errorbar=("pi", 100),
        legend=False,
        ax=axis,
        **style,
    )
