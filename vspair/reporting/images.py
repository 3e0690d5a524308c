"""Images inside figures: their grey values, their place, and the marks on them."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from vspair.data import Scale

GREYS = "gray"
BOX = "#D55E00"


def in_scale(grey: np.ndarray, scale: "Scale") -> np.ndarray:
    """Grey values from 0 to 255 in the scale of the models, (grey - offset) / unit, as float64 of the same shape."""
    return (np.asarray(grey, dtype=float) - scale.offset) / scale.unit


def grey_limits(scale: "Scale") -> tuple[float, float]:
    """What black (0) and white (255) are in a scale."""
    black, white = in_scale(np.array([0, 255]), scale)
    return float(black), float(white)


def place(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Add axes by the place of their upper left corner, counted from that of the figure; all lengths in inches."""
    full_width, full_height = figure.get_size_inches()
    return figure.add_axes(
        (left / full_width, 1 - (top + height) / full_height, width / full_width, height / full_height)
    )


def write(figure: "Figure", left: float, top: float, text: str, **style) -> None:
    """Write text at a place in inches from the figure's upper left corner, which the text begins at by default."""
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - top / height, text, **{"ha": "left", "va": "top", "fontsize": 7} | style)


def show(axis: "Axes", image: np.ndarray, limits: tuple[float, float], colours: str = GREYS) -> "AxesImage":
    """Draw one image without ticks or frame.

    Arguments:
        axis: where.
        image: shape (height, width).
        limits: values of the colour map's ends.
        colours: name of the colour map.
    """
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    return axis.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1], interpolation="nearest")


def box(axis: "Axes") -> None:
    """Frame an image, as the unperturbed one among its perturbations."""
    axis.spines[:].set(visible=True, color=BOX, linewidth=1.5)


def percent(level: float) -> str:
    """The name of a perturbation given in multiples of the value: -4 is minus 400 %, 0.5 is +50 % and 0 is 0 %."""
    sign = {-1: "\N{MINUS SIGN}", 0: "", 1: "+"}[int(np.sign(level))]
    return f"{sign}{100 * abs(level):g} %"


def boundary(mask: np.ndarray) -> np.ndarray:
    """The pixel edges that separate a mask from the rest and from what lies outside the image.

    Arguments:
        mask: boolean, shape (height, width).

    Returns:
        Segments in the coordinates of `imshow`, where pixel (row, column) reaches from -1/2 to +1/2 around
        (x, y) = (column, row): shape (edges, 2, 2), two ends (x, y) each.
    """
    padded = np.pad(mask, 1)
    row, column = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    upright = _segments(column, row, (0, 1))
    row, column = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    return np.concatenate([upright, _segments(column, row, (1, 0))])


def _segments(column: np.ndarray, row: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """Unit segments that start half a pixel left of and above each pixel."""
    start = np.stack([column, row], axis=1) - 0.5
    return np.stack([start, start + step], axis=1)
