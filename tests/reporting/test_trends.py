"""Scores against noise: means, spreads, and methods that can be told apart."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.style import COLOURS, palette
from vspair.reporting.trends import MARKERS, trend_figure

LEVELS = (0.0, 2.5, 20.0)
PANELS = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
METHODS = ("A", "B", "C")


def scores(methods, seeds):
    """Method number m has PSNR 30 - level + 5 m + seed; the levels are not in order."""
    frame = pd.DataFrame(
        [(m, level, s) for level in LEVELS[::-1] for m in methods for s in seeds], columns=["method", "noise", "seed"]
    )
    number = frame["method"].map(METHODS.index)
    return frame.assign(psnr=30 - frame["noise"] + 5 * number + frame["seed"], ssim=0.9 - frame["noise"] / 100)


def drawn(frame, others=None):
    return trend_figure(frame, ("noise", "noise (%)"), PANELS, palette(METHODS), others)


def lines(axis):
    return {line.get_label(): line for line in axis.lines}


def test_lines_are_means_over_seeds_by_level():
    psnr, ssim = drawn(scores("AB", (0, 1, 5))).axes
    for number, method in enumerate("AB"):
        np.testing.assert_allclose(lines(psnr)[method].get_xdata(), LEVELS)
        np.testing.assert_allclose(
            lines(psnr)[method].get_ydata(), [32 + 5 * number, 29.5 + 5 * number, 12 + 5 * number]
        )
    np.testing.assert_allclose(lines(ssim)["A"].get_ydata(), [0.9, 0.875, 0.7])
    assert (psnr.get_ylabel(), ssim.get_ylabel()) == ("PSNR (dB)", "SSIM")
    assert [label.get_text() for label in psnr.get_xticklabels()] == ["0", "2.5", "20"]


@pytest.mark.parametrize(("seeds", "width"), [((0, 1, 5), 5), ((0,), 0)])
def test_the_band_reaches_from_the_lowest_to_the_highest_seed(seeds, width):
    """Would catch a standard error, which is narrower, and a band for a single seed."""
    corners = drawn(scores("A", seeds)).axes[0].collections[0].get_paths()[0].vertices
    for level in LEVELS:
        assert np.ptp(corners[corners[:, 0] == level, 1]) == pytest.approx(width)


def test_methods_have_their_colour_and_marker_wherever_they_stand():
    """Would catch colours that go by the order of what is drawn."""
    figure = drawn(scores("BA", (0,)), scores("C", (0,)))
    for axis in figure.axes:
        for number, method in enumerate("AB"):
            assert lines(axis)[method].get_color() == COLOURS[number]
            assert lines(axis)[method].get_marker() == MARKERS[number]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["A", "B", "C"]


def test_methods_trained_once_for_all_levels_are_points_without_a_line():
    figure = drawn(scores("A", (0,)), scores("C", (0, 1)))
    psnr = figure.axes[0]
    assert set(lines(psnr)) == {"A"}
    points = psnr.collections[-1]
    np.testing.assert_allclose(
        np.sort(points.get_offsets(), axis=0), np.sort(scores("C", (0, 1))[["noise", "psnr"]], axis=0)
    )
    assert len(points.get_facecolors()) == 0


def test_every_method_has_a_marker_and_a_long_legend_takes_two_lines():
    assert len(MARKERS) == len(set(MARKERS)) == len(COLOURS)
    names = [f"method {number}" for number in range(7)]
    frame = pd.DataFrame({"method": names, "noise": 0.0, "psnr": 1.0, "ssim": 1.0})
    figure = trend_figure(frame, ("noise", "noise (%)"), PANELS, palette(names))
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width


def test_drawing_does_not_import_torch():
    import subprocess
    import sys

    code = "import sys, vspair.reporting.reconstructions, vspair.reporting.overlays, vspair.reporting.steps, "
    code += "vspair.reporting.trends; sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'seaborn')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
