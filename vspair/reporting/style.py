"""One look for all figures, and the one way to write them.

Matplotlib is imported by the functions that draw, so that a script can be checked and planned without waiting for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from vspair.files import whole

if TYPE_CHECKING:
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

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, told apart by colour-blind readers."""

RESOLUTION = 300
"""Dots per inch of the PNG."""

TEXT_WIDTH = 6.75
"""Width of a full-width figure in inches."""

# A fixed date and no version keep the bytes of a figure the same from run to run.
_METADATA = {".png": {"Software": None}, ".pdf": {"CreationDate": None, "Creator": None, "Producer": None}}


def save_figure(figure: "Figure", stem: Path) -> None:
    """Write `<stem>.png` and `<stem>.pdf`, each whole or not at all."""
    for suffix, metadata in _METADATA.items():
        with whole(stem.with_suffix(suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata, dpi=RESOLUTION)
