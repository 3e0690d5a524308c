"""One look for all figures: colours, numbers and sizes."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from vspair.errors import VspairError
from vspair.reporting.histograms import Panel, histogram_figure
from vspair.reporting.histories import history_figure
from vspair.reporting.style import COLOURS, STYLE, log_ticks, named, palette, three_digits
from vspair.reporting.uncertainty import uncertainty_figure

REPORTING = Path(__file__).parents[2] / "vspair/reporting"
METHODS = ["A", "B", "C", "D"]


def test_a_method_keeps_its_colour_whatever_else_a_figure_shows():
    """C alone, C among others in another order, and all methods in training: the same colour."""
    history = pd.DataFrame([(m, 0, epoch, "total", epoch) for m in METHODS for epoch in (1.0, 2.0)])
    history.columns = ["method", "seed", "epoch", "term", "value"]
    trained = history_figure(history, METHODS).legends[0].get_lines()[2].get_color()
    values = pd.DataFrame({"method": ["C", "A"], "v": [1.0, 2.0]})
    step = histogram_figure(values, [Panel("v", "v", "mean")], palette(METHODS), "x").axes[0].patches[0]
    images = pd.DataFrame({"error": [1.0, 2, 4], "uncertainty": [1.0, 2, 3]}).assign(
        method="C", scatter=True, ratio=2.0
    )
    box = uncertainty_figure(images, palette(METHODS)).axes[1].patches[0]
    found = [trained, step.get_edgecolor(), box.get_facecolor()]
    assert [to_hex(one).upper() for one in found] == [palette(METHODS)["C"]] * 3


def test_colours_are_all_different_and_more_methods_than_colours_are_refused():
    assert len(set(palette([str(i) for i in range(len(COLOURS))]).values())) == len(COLOURS)
    with pytest.raises(VspairError, match=r"at most 12 methods.*found 13"):
        palette([str(i) for i in range(len(COLOURS) + 1)])
    assert named(["A", "B"], {"B": "B (ours)"}) == {"A": "A", "B": "B (ours)"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.06, "0.0600"), (15, "15.0"), (512.4, "512"), (0.00001234, "1.23e-05"), (np.float32(39), "39.0")],
)
def test_numbers_have_three_digits(value, text):
    assert three_digits(value) == text


@pytest.mark.parametrize(
    "limits", [(2.1, 2.9), (0.021, 0.045), (0.9, 7), (0.3, 40), (1e-6, 3e2), (1e-5, 0.2), (3e-4, 0.3)]
)
def test_logarithmic_axes_always_have_numbers(limits):
    """Between 2.1 and 2.9 there is no 1, 2 or 5 times a power of ten: such an axis could not be read."""
    axis = Figure(figsize=(3.3, 2)).subplots()
    axis.set(xscale="log", xlim=limits)
    log_ticks(axis.xaxis)
    texts = axis.xaxis.get_major_formatter().format_ticks(axis.get_xticks())
    inside = [pair for pair in zip(axis.get_xticks(), texts, strict=True) if limits[0] <= pair[0] <= limits[1]]
    assert len(inside) >= 3
    assert all(float(text) == pytest.approx(tick) for tick, text in inside)


def test_no_text_is_set_smaller_than_6_5_points():
    """Sizes are literals in the code or in the style; smaller ones cannot be read in print."""
    literals = re.compile(r"(?:fontsize|labelsize|set_size)[=(\"': ]+([\d.]+)")
    sizes = [size for key, size in STYLE.items() if key.endswith("size")]
    sizes += [float(size) for path in REPORTING.glob("*.py") for size in literals.findall(path.read_text())]
    assert len(sizes) > 10
    assert min(sizes) >= 6.5


def test_importing_figures_data_and_evidence_imports_no_heavy_library():
    """Scripts are planned and checked without waiting for matplotlib, and figures need no torch at all."""
    names = [f"reporting.{path.stem}" for path in REPORTING.glob("*.py") if path.stem != "__init__"]
    modules = ", ".join(f"vspair.{name}" for name in [*names, "data", "provenance"])
    heavy = ("torch", "torchvision", "matplotlib", "seaborn", "scipy", "sklearn")
    check = f"sys.exit([n for n in {heavy} if n in sys.modules] or 0)"
    command = [sys.executable, "-c", f"import sys, {modules}; {check}"]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
