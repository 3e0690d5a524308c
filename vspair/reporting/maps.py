"""Mean and variance maps of several methods for cases of growing difficulty (Figure 3)."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from vspair.reporting.style import STYLE, TEXT_WIDTH

MEAN_MAP = "gray"
VARIANCE_MAP = "inferno"


def cases_by_difficulty(errors: pd.DataFrame, percentiles: Sequence[float]) -> pd.DataFrame:
    """The images whose error, averaged over methods, is nearest to given percentiles of it.

    Arguments:
        errors: one row per image, one column per method.
        percentiles: in percent, 0 the easiest and 100 the hardest.

    Returns:
        One row per percentile: `percentile`, `image` (row of `errors`) and `difficulty` (the mean error).
    """
    difficulty = errors.mean(axis=1).to_numpy()
    levels = np.percentile(difficulty, percentiles)
    images = np.abs(difficulty[:, None] - levels).argmin(axis=0)
    return pd.DataFrame({"percentile": percentiles, "image": images, "difficulty": difficulty[images]})


def map_figure(
    cases: Sequence[str],
    observation: np.ndarray,
    qoi: np.ndarray,
    moments: Mapping[str, tuple[np.ndarray, np.ndarray]],
    limits: tuple[float, float],
) -> Figure:
    """One row per method; per case the observation, the truth, the mean and the variance of the samples.

    All means share the grey scale `limits` and all variances one scale from 0 to the largest shown.

    Arguments:
        cases: title of each case.
        observation, qoi: shape (cases, height, width).
        moments: method -> mean and variance, each (cases, height, width), in the unit of `limits`.
        limits: smallest and largest grey value.
    """
    columns = ("y", "x", r"mean $\hat{x}$", "variance")
    top = max(variance.max() for _, variance in moments.values())
    width = TEXT_WIDTH / (len(columns) * len(cases) + 0.9)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, width * len(moments) + 0.75), layout="compressed")
        panels = figure.subfigures(1, len(cases), wspace=0.03)
        for case, panel in enumerate(np.atleast_1d(panels)):
            panel.suptitle(cases[case], fontsize=8)
            axes = panel.subplots(len(moments), len(columns), squeeze=False)
            for row, (method, (mean, variance)) in zip(axes, moments.items(), strict=True):
                for axis, image in zip(row, (observation[case], qoi[case], mean[case]), strict=False):
                    axis.imshow(image, cmap=MEAN_MAP, vmin=limits[0], vmax=limits[1])
                shown = row[-1].imshow(variance[case], cmap=VARIANCE_MAP, vmin=0, vmax=top)
                if case == 0:
                    row[0].set_ylabel(method)
            for axis, title in zip(axes[0], columns, strict=True):
                axis.set_title(title, fontsize=7, pad=3)
            for axis in axes.flat:
                axis.set(xticks=[], yticks=[])
        bar = figure.colorbar(shown, ax=[panel.axes[0] for panel in np.atleast_1d(panels)], shrink=0.8)
        bar.set_label("pixel variance")
    return figure
