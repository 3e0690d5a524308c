"""What repeated observations of one x say of a method's intervals: maps of coverage, bias, spread and error."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from vspair.errors import VspairError
from vspair.reporting.images import GREYS, place, show, write
from vspair.reporting.style import STYLE, TEXT_WIDTH, three_digits
from vspair.written import read_arrays, read_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAPS = ("qoi", "coverage", "bias", "predicted", "error")
COVERAGE_MAP, BIAS_MAP, DEVIATION_MAP = "RdBu", "PuOr", "viridis"

NUMBERS = (
    *("coverage", "holes_coverage", "lowest", "middle", "highest", "below", "above"),
    *("bias", "spread", "error", "predicted", "variance_ratio"),
)
MAY_LACK = ("holes_coverage", "variance_ratio")
"""Numbers that may have no value: without holes, and without any error."""

# Layout in inches, how many letters of a label fit beside an image, and the length of a colour bar in image widths.
LEFT, RIGHT, TOP, GAP, BELOW, BAR, FOOT = 0.62, 0.08, 0.22, 0.08, 0.17, 0.08, 0.45
LABEL_WIDTH = 9
BAR_WIDTH = 0.8


@dataclass(frozen=True)
class Row:
    """One method and one x.

    Arguments:
        label: of the row.
        maps: `MAPS` by name, each of shape (height, width).
        numbers: `coverage`, `bias`, `predicted` and `error`, over all pixels.
    """

    label: str
    maps: dict[str, np.ndarray]
    numbers: dict[str, float]


def read_repeats(path: Path | str, images: Sequence[int]) -> dict[str, Any]:
    """The summary of a job that observed images again: `draws`, `samples`, `level`, and `images` with their numbers.

    Raises:
        VspairError: the file is damaged, or of other images.
    """
    found = read_json(path, {"draws": int, "samples": int, "level": float, "images": dict})
    if list(found["images"]) != [str(image) for image in images]:
        raise _damaged(path, f"the images {', '.join(map(str, images))}", list(found["images"]))
    for image, numbers in found["images"].items():
        if not isinstance(numbers, dict) or set(numbers) != set(NUMBERS):
            raise _damaged(path, f"{', '.join(NUMBERS)} of image {image}", numbers)
        for name, value in numbers.items():
            if not (isinstance(value, float) or (value is None and name in MAY_LACK)):
                raise _damaged(path, f"a number as {name} of image {image}", value)
    return found


def read_maps(path: Path | str, count: int) -> list[dict[str, np.ndarray]]:
    """The maps of each of `count` images that a job observed again, the first channel.

    Raises:
        VspairError: the file is damaged, or its maps are no images.
    """
    arrays = read_arrays(path, MAPS, range(count))
    if any(array.ndim != 4 for array in arrays.values()):
        raise VspairError(
            f"expected maps of images in {path}, found the shape {arrays['qoi'].shape}: such a figure is for a QoI of "
            "shape (channels, height, width)"
        )
    return [{name: array[image, 0] for name, array in arrays.items()} for image in range(count)]


def _damaged(path: Path | str, expected: str, found: Any) -> VspairError:
    return VspairError(f"expected {expected} in {path}, found {found!r:.60}: delete it and run the same command again")


def repeated_figure(rows: Sequence[Row], level: float, window: tuple[float, float] | None, unit: str = "") -> "Figure":
    """Per row the truth, coverage, bias, predicted standard deviation and root mean squared error of the mean.

    All rows share the scales. Coverage is white at its level, bias at 0; predicted and actual error have one scale, so
    that they are of one colour where a method knows how wrong it is.

    Arguments:
        rows: from top to bottom.
        level: nominal coverage, in (0, 1).
        window: values of x that are black and white; None for the least and the greatest shown.
        unit: of x, for the colour bars; "" for none.
    """
    import matplotlib
    from matplotlib.colors import TwoSlopeNorm
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    truths, bias = (np.stack([row.maps[name] for row in rows]) for name in ("qoi", "bias"))
    deviation = max(row.maps[name].max() for row in rows for name in ("predicted", "error"))
    furthest = np.abs(bias).max() or 1.0
    columns = {
        "qoi": ("truth $x$", GREYS, window or (truths.min(), truths.max())),
        "coverage": ("coverage", COVERAGE_MAP, (0, 1)),
        "bias": ("bias of the mean", BIAS_MAP, (-furthest, furthest)),
        "predicted": ("predicted sd", DEVIATION_MAP, (0, deviation)),
        "error": ("error of the mean", DEVIATION_MAP, (0, deviation)),
    }
    pitch = (TEXT_WIDTH - LEFT - RIGHT + GAP) / len(MAPS)
    side = pitch - GAP
    tall = side * truths.shape[1] / truths.shape[2]
    below = TOP + len(rows) * (tall + BELOW)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(TEXT_WIDTH, below + BAR + FOOT))
        for column, (name, (title, colours, limits)) in enumerate(columns.items()):
            left = LEFT + column * pitch
            write(figure, left + side / 2, TOP - 0.05, title, ha="center", va="bottom", fontsize=8)
            for row, shown in enumerate(rows):
                above = TOP + row * (tall + BELOW)
                axis = place(figure, left, above, side, tall)
                drawn = show(axis, shown.maps[name], limits, colours)
                if name == "coverage":
                    drawn.set_norm(TwoSlopeNorm(level, *limits))
                if name in shown.numbers:
                    text = _number(name, shown.numbers[name])
                    write(figure, left + side / 2, above + tall + 0.02, text, ha="center")
            # Shorter than the images, else the numbers at the ends of two bars meet.
            inset = (1 - BAR_WIDTH) / 2 * side
            axis = place(figure, left + inset, below + 0.04, BAR_WIDTH * side, BAR)
            bar = figure.colorbar(drawn, cax=axis, orientation="horizontal")
            bar.ax.tick_params(labelsize=6.5)
            if name == "coverage":
                bar.set_ticks([0, level, 1], labels=["0", f"{level:g}", "1"])
            else:
                bar.locator = MaxNLocator(3)
                bar.update_ticks()
        for row, shown in enumerate(rows):
            above = TOP + row * (tall + BELOW) + tall / 2
            label = "\n".join(fill(line, LABEL_WIDTH) for line in shown.label.splitlines())
            write(figure, LEFT - 0.06, above, label, ha="right", va="center")
        if unit:
            write(figure, LEFT, below + BAR + FOOT - 0.03, unit, va="bottom", color="0.4")
    return figure


def _number(name: str, value: float) -> str:
    what = {"coverage": "mean", "bias": "mean size"}.get(name, "rms")
    return f"{what} {value:.3f}" if name == "coverage" else f"{what} {three_digits(value)}"
