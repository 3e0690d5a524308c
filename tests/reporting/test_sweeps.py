"""Sweeps of one setting: means, spreads and an honest axis."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.sweeps import sweep_figure

PANELS = {"mse": "MSE", "nnz": "non-zero latents"}


def runs(seeds):
    frame = pd.DataFrame([(w, s) for w in (100, 0.01, 1) for s in seeds], columns=["weight", "seed"])
    return frame.assign(mse=0.07 + 0.01 * frame["seed"], nnz=39 + frame["weight"] / 10 + frame["seed"])


def axes(frame):
    return sweep_figure(frame, ("weight", "w"), PANELS, "#CC79A7").axes


def test_the_line_is_the_mean_over_seeds_and_every_run_is_a_point():
    mse, nnz = axes(runs(range(3)))
    np.testing.assert_allclose(mse.lines[0].get_xdata(), [0.01, 1, 100])
    np.testing.assert_allclose(mse.lines[0].get_ydata(), [0.08] * 3)
    np.testing.assert_allclose(nnz.lines[0].get_ydata(), [40.001, 40.1, 50])
    points = mse.collections[-1].get_offsets()
    np.testing.assert_allclose(points, runs(range(3))[["weight", "mse"]])


def test_the_band_reaches_from_lowest_to_highest():
    """Would catch a confidence interval of the mean, which is narrower."""
    band = axes(runs(range(7)))[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (pytest.approx(0.07), pytest.approx(0.13))


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_results_begin_at_zero_and_settings_stand_at_their_values(seeds):
    """From 0, a variation of a few percent looks like a few percent."""
    for axis in axes(runs(seeds)):
        assert axis.get_ylim()[0] == 0
        assert axis.get_xscale() == "log"
        assert [label.get_text() for label in axis.get_xticklabels()] == ["0.01", "1", "100"]
