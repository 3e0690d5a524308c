"""How much error each gate of a sparse posterior is worth: by rank, and against its probability."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.reporting.style import STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BAND = (10, 90)
"""Percentiles of the band over images."""


def effects(images: pd.DataFrame, top: int) -> pd.DataFrame:
    """What fixing each gate removes, in percent of the sampled error: removed = 100 (mse - mse_k) / mse.

    Arguments:
        images: one line an image, as `vspair.evaluation.gates` writes it.
        top: gates of each image.

    Returns:
        One line for each image and rank of its effect, the largest first: `image`, `rank`, `latent`, `gate`, `removed`.
    """
    parts = []
    for number in range(1, top + 1):
        removed = 100 * (images["mse"] - images[f"mse_{number}"]) / images["mse"]
        columns = {"latent": images[f"latent_{number}"], "gate": images[f"gate_{number}"], "removed": removed}
        parts.append(pd.DataFrame({"image": images["image"], **columns}))
    found = pd.concat(parts).sort_values(["image", "removed"], ascending=[True, False], kind="stable")
    found.insert(1, "rank", found.groupby("image").cumcount() + 1)
    return found.reset_index(drop=True)


def by_rank(found: pd.DataFrame) -> pd.DataFrame:
    """Over images, for each rank: `removed` (mean), its percentiles `low` and `high`, and the mean `gate`."""
    grouped = found.groupby("rank")
    low, high = (grouped["removed"].quantile(percent / 100) for percent in BAND)
    return pd.DataFrame(
        {"removed": grouped["removed"].mean(), "low": low, "high": high, "gate": grouped["gate"].mean()}
    ).reset_index()


def gates_figure(found: Mapping[str, pd.DataFrame], colours: Mapping[str, str]) -> "Figure":
    """(a) The error that fixing one gate removes, by rank; (b) the same for each gate, against its probability.

    Arguments:
        found: method -> `effects`, in the order of the legend.
        colours: method -> colour.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 2.6), layout="constrained")
        ranked, scattered = figure.subplots(1, 2)
        for axis in (ranked, scattered):
            axis.axhline(0, color="0.6", linewidth=0.6)
        for method, effect in found.items():
            line = by_rank(effect)
            ranked.fill_between(line["rank"], line["low"], line["high"], color=colours[method], alpha=0.2, linewidth=0)
            ranked.plot(line["rank"], line["removed"], color=colours[method], marker="o", markersize=3, label=method)
            scattered.scatter(effect["gate"], effect["removed"], s=3, alpha=0.35, color=colours[method], linewidths=0)
        ranks = max(effect["rank"].max() for effect in found.values())
        ranked.set_xticks(np.unique(np.linspace(1, ranks, min(ranks, 8)).round()))
        ranked.set(title="(a)", xlabel="gates of an image, by their effect", ylabel="error removed (% of MSE)")
        scattered.set(title="(b)", xlabel=r"gate probability $\omega$", xlim=(0, 1), ylabel="error removed (% of MSE)")
        ranked.legend(frameon=False)
    return figure
