"""Calibration curves: coverage against the diagonal, sparsification against the oracle."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from vspair.reporting.calibration import calibration_figure

COLOURS = {"A": "#0072B2", "B": "#D55E00", "absent": "#009E73"}
LEVELS = np.array([0.5, 0.9])
REMOVED = np.array([0.0, 0.5, 0.9])


def curves(seeds):
    """A covers 0.4 and 0.8 of what it should, B all; the middle one of the seeds is the mean."""
    rows = []
    for method, share in (("A", 0.8), ("B", 1.0)):
        for seed in seeds:
            for kind, x, y in (
                ("reliability", LEVELS, share * LEVELS + 0.01 * (seed - seeds[len(seeds) // 2])),
                ("reliability_scaled", LEVELS, LEVELS + 0.01),
                ("sparsification", REMOVED, 1 - share * REMOVED / 2),
                ("oracle", REMOVED, 1 - REMOVED),
            ):
                rows += [(method, seed, kind, *point) for point in zip(x, y, strict=True)]
    return pd.DataFrame(rows, columns=["method", "seed", "kind", "x", "y"])


def lines(axis):
    """(colour, line style) -> y of each line that has points."""
    drawn = [line for line in axis.lines if len(line.get_xdata())]
    return {(to_hex(line.get_color()).upper(), line.get_linestyle()): line.get_ydata() for line in drawn}


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_curves_are_means_over_seeds_in_the_methods_colours(seeds):
    """Would catch raw and scaled curves that changed places, and colours by order of appearance in the data."""
    figure = calibration_figure(curves(seeds), COLOURS)
    raw, scaled, sparsified = figure.axes
    np.testing.assert_allclose(lines(raw)["#0072B2", "-"], 0.8 * LEVELS)
    np.testing.assert_allclose(lines(raw)["#D55E00", "-"], LEVELS)
    np.testing.assert_allclose(lines(scaled)["#0072B2", "-"], LEVELS + 0.01)
    np.testing.assert_allclose(lines(sparsified)["#0072B2", "-"], 1 - 0.4 * REMOVED)
    np.testing.assert_allclose(lines(sparsified)["#D55E00", "--"], 1 - REMOVED)
    for axis in (raw, scaled):
        assert any(np.array_equal(line.get_xydata(), [[0, 0], [1, 1]]) for line in axis.lines), "the diagonal"
        assert axis.get_xlim() == axis.get_ylim() == (0, 1)
        assert axis.get_box_aspect() == 1
    legend = figure.legends[0]
    named = {
        t.get_text(): to_hex(h.get_color()).upper() for h, t in zip(legend.get_lines(), legend.get_texts(), strict=True)
    }
    assert list(named) == ["A", "B", "nominal"]
    assert (named["A"], named["B"]) == ("#0072B2", "#D55E00")


def test_the_band_reaches_over_all_seeds_and_a_curve_above_1_stays_in_view():
    """Would catch a confidence interval of the mean, which is narrower.

    An uncertainty that ranks worse than chance lets the error of the rest grow.
    """
    bad = curves(range(7))
    bad.loc[bad["kind"] == "sparsification", "y"] += 0.7
    axes = calibration_figure(bad, COLOURS).axes
    band = axes[0].collections[0].get_paths()[0].vertices
    at_half = band[np.isclose(band[:, 0], 0.5), 1]
    assert (at_half.min(), at_half.max()) == pytest.approx((0.37, 0.43))
    assert axes[2].get_ylim()[1] > 1.7
