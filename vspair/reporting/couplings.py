"""Figures of learned couplings: a map on the sphere beside the optimal one, and posterior samples in the plane."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vspair.metrics import read_numbers, read_texts
from vspair.reporting.style import COLOURS, STYLE, TEXT_WIDTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = ["x0", "x1", "x2"]
IMAGES = ["y0", "y1", "y2"]


def read_points(path: Path | str, numbers: list[str], words: list[str]) -> pd.DataFrame:
    """Columns of numbers and of words of a file of points; lines of another kind of stack lack the numbers.

    Raises:
        VspairError: the file is missing, a column is, or a value is not finite.
    """
    texts = read_texts(Path(path))
    found = read_numbers(path, numbers, empty=[numbers])
    return pd.DataFrame({**{word: texts[word] for word in words}, **found})


def sphere_figure(points: pd.DataFrame, maps: Mapping[str, str]) -> "Figure":
    """Points x on the unit sphere, their images, and a line between each, for two maps.

    Arguments:
        points: columns `map`, `x0` to `x2`, `y0` to `y2`.
        maps: name of a map -> what a reader sees of it.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, 3.4), layout="constrained")
        for place, (name, title) in enumerate(maps.items(), 1):
            axis = figure.add_subplot(1, 2, place, projection="3d")
            part = points[points["map"] == name]
            source, image = part[POINTS].to_numpy(), part[IMAGES].to_numpy()
            _globe(axis)
            lines = Line3DCollection(np.stack([source, image], 1), colors=COLOURS[4], linewidths=0.4)
            axis.add_collection3d(lines)
            axis.plot(*source.T, ".", color=COLOURS[0], markersize=3, label="$x$")
            axis.plot(*image.T, ".", color=COLOURS[1], markersize=3, label="image of $x$")
            axis.set_title(title)
            axis.set_box_aspect((1, 1, 1), zoom=1.5)
            axis.set_axis_off()
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def posterior_figure(points: pd.DataFrame, methods: Mapping[str, str]) -> "Figure":
    """Samples of each method and of the closed form, a line of panels for each observation.

    Arguments:
        points: columns `stack`, `observation`, `source`, `y`, `x0`, `x1`.
        methods: what a reader sees of a method -> its stack.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        observations = list(dict.fromkeys(points["observation"]))
        shape = len(observations), 1 + len(methods)
        # Panels as high as their points are beside their width, with room for a title.
        width, height = np.ptp(points["x0"]), np.ptp(points["x1"])
        panel = (TEXT_WIDTH / shape[1] - 0.3) * min(height / width, 2) if width else TEXT_WIDTH / shape[1]
        figure = Figure(figsize=(TEXT_WIDTH, shape[0] * (panel + 0.45)), layout="constrained")
        axes = figure.subplots(*shape, squeeze=False, sharex=True, sharey=True)
        first = next(iter(methods.values()))
        for line, observation in zip(axes, observations, strict=True):
            of_this = points[points["observation"] == observation]
            shown = {name: of_this[(of_this["stack"] == stack)] for name, stack in methods.items()}
            parts = {name: part[part["source"] == "method"] for name, part in shown.items()}
            exact = of_this[(of_this["stack"] == first) & (of_this["source"] == "truth")]
            for axis, (name, part) in zip(line, {**parts, "closed form": exact}.items(), strict=True):
                colour = COLOURS[0] if name == "closed form" else COLOURS[1]
                axis.plot(part["x0"], part["x1"], ".", color=colour, markersize=2)
                axis.set(title=f"{name}, $y$ = {part['y'].iloc[0]:.2f}", aspect="equal")
    return figure


def _globe(axis) -> None:
    longitude, latitude = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, np.pi, 13))
    grid = (np.cos(longitude) * np.sin(latitude), np.sin(longitude) * np.sin(latitude), np.cos(latitude))
    axis.plot_wireframe(*grid, color="0.85", linewidth=0.3)
