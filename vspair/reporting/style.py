"""One look for all figures, and the one way to write them.

Matplotlib is imported by the functions that draw, so that a script can be checked and planned without waiting for it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vspair.errors import VspairError
from vspair.files import whole

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

STYLE = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "pdf.fonttype": 42,
}
"""Matplotlib settings: sizes for print at full text width, fonts embedded as TrueType."""

COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    *("#999999", "#882255", "#332288", "#999933", "#661100"),
)
"""Okabe and Ito's palette, and darker colours of Tol's, told apart by colour-blind readers."""

RESOLUTION = 300
"""Dots per inch of the PNG."""

TEXT_WIDTH = 6.75
"""Width of a full-width figure in inches."""

# A fixed date and no version keep the bytes of a figure the same from run to run.
_METADATA = {".png": {"Software": None}, ".pdf": {"CreationDate": None, "Creator": None, "Producer": None}}


def named(methods: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
    """What a reader sees in place of each method's name: its label, such as `B (ours)`, or else the name itself."""
    return {method: labels.get(method, method) for method in methods}


def palette(methods: Sequence[str]) -> dict[str, str]:
    """The colour of every method, by its position: the same in all figures that are given the same methods.

    Arguments:
        methods: names of all methods of a problem, also of those that a figure leaves out.

    Raises:
        VspairError: there are more methods than colours.
    """
    if len(methods) > len(COLOURS):
        raise VspairError(
            f"expected at most {len(COLOURS)} methods, one per colour in vspair.reporting.style.COLOURS, "
            f"found {len(methods)} ({', '.join(methods)}): compare fewer, or add colours that can be told apart"
        )
    return dict(zip(methods, COLOURS, strict=False))


MANY_DECADES = 1e3
"""Ratio of a logarithmic axis' limits from which its ticks stand at powers of ten alone."""


def three_digits(value: float) -> str:
    """A number with three significant digits, trailing zeros among them: 0.0600, 15.0, 512."""
    return f"{value:#.3g}".rstrip(".")


def log_ticks(axis: "Axis", many: float = MANY_DECADES) -> None:
    """Plain numbers on a logarithmic axis (`xaxis` or `yaxis`) whose limits are final.

    They stand at 1, 2 and 5 times the powers of ten, at these alone where there are many, and evenly within one decade,
    which may hold none of them.

    Arguments:
        axis: whose ticks are set.
        many: ratio of its limits from which on there are many; less for a small panel.
    """
    from matplotlib.ticker import AutoLocator, FormatStrFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    subs = (1, 2, 5) if high < many * low else (1,)
    axis.set_major_locator(LogLocator(subs=subs) if high >= 10 * low else AutoLocator())
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter(NullFormatter())


def save_figure(figure: "Figure", stem: Path) -> None:
    """Write `<stem>.png` and `<stem>.pdf`, each whole or not at all."""
    for suffix, metadata in _METADATA.items():
        with whole(stem.with_suffix(suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata, dpi=RESOLUTION)
