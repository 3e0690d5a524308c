"""Scores against noise: means, spreads, and methods that can be told apart."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.style import COLOURS, palette
from vspair.reporting.trends import MARKERS, trend_figure

LEVELS = (0.0, 2.5, 20.0)
METHODS = ("A", "B", "C")


def scores(methods, seeds=(0,)):
    """Method number m has PSNR 30 - level + 5 m + seed; the levels are not in order."""
    points = [(m, level, s) for level in LEVELS[::-1] for m in methods for s in seeds]
    frame = pd.DataFrame(points, columns=["method", "noise", "seed"])
    psnr = 30 - frame["noise"] + 5 * frame["method"].map(METHODS.index) + frame["seed"]
    return frame.assign(psnr=psnr, ssim=0.9 - frame["noise"] / 100)


def drawn(frame, others=None, methods=METHODS):
    return trend_figure(frame, ("noise", "noise (%)"), {"psnr": "PSNR (dB)", "ssim": "SSIM"}, palette(methods), others)


def lines(axis):
    return {line.get_label(): line for line in axis.lines}


def test_lines_are_means_over_seeds_by_level():
    psnr, ssim = drawn(scores("AB", (0, 1, 5))).axes
    for method, expected in (("A", [32, 29.5, 12]), ("B", [37, 34.5, 17])):
        np.testing.assert_allclose(lines(psnr)[method].get_xydata(), np.stack([LEVELS, expected], axis=1))
    np.testing.assert_allclose(lines(ssim)["A"].get_ydata(), [0.9, 0.875, 0.7])
    assert (psnr.get_ylabel(), ssim.get_ylabel()) == ("PSNR (dB)", "SSIM")
    assert [label.get_text() for label in psnr.get_xticklabels()] == ["0", "2.5", "20"]


@pytest.mark.parametrize(("seeds", "width"), [((0, 1, 5), 5), ((0,), 0)])
def test_the_band_reaches_from_the_lowest_to_the_highest_seed(seeds, width):
    """Would catch a standard error, which is narrower, and a band for a single seed."""
    corners = drawn(scores("A", seeds)).axes[0].collections[0].get_paths()[0].vertices
    for level in LEVELS:
        assert np.ptp(corners[corners[:, 0] == level, 1]) == pytest.approx(width)


def test_methods_have_their_colour_and_marker_wherever_they_stand_and_other_methods_are_hollow_points():
    """Would catch colours that go by the order of what is drawn; the others are trained once for all levels."""
    others = scores("C", (0, 1))
    figure = drawn(scores("BA"), others)
    for axis in figure.axes:
        found = {name: (line.get_color(), line.get_marker()) for name, line in lines(axis).items()}
        assert found == {name: (COLOURS[number], MARKERS[number]) for number, name in enumerate("AB")}
    assert sorted(text.get_text() for text in figure.legends[0].get_texts()) == ["A", "B", "C"]
    points = figure.axes[0].collections[-1]
    np.testing.assert_allclose(np.sort(points.get_offsets(), axis=0), np.sort(others[["noise", "psnr"]], axis=0))
    assert len(points.get_facecolors()) == 0


def test_every_method_has_a_marker_and_a_long_legend_takes_two_lines():
    assert len(MARKERS) == len(set(MARKERS)) == len(COLOURS)
    names = [f"method {number}" for number in range(7)]
    figure = drawn(pd.DataFrame({"method": names, "noise": 0.0, "psnr": 1.0, "ssim": 1.0}), methods=names)
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.width
