"""Sweeps of one setting: means, spreads and an honest axis."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.sweeps import sweep_figure


@pytest.mark.parametrize("count", [1, 3, 7])
def test_the_line_is_the_mean_over_seeds_in_a_band_of_all_of_them_on_axes_from_zero(count):
    """Would catch a confidence interval of the mean, which is narrower; from 0, a few percent look like a few."""
    runs = pd.DataFrame([(w, s) for w in (100, 0.01, 1) for s in range(count)], columns=["weight", "seed"])
    runs = runs.assign(mse=0.07 + 0.01 * runs["seed"], nnz=39 + runs["weight"] / 10 + runs["seed"])
    mse, nnz = axes = sweep_figure(runs, ("weight", "w"), {"mse": "MSE", "nnz": "latents"}, "#CC79A7").axes
    middle = (count - 1) / 2
    np.testing.assert_allclose(mse.lines[0].get_xdata(), [0.01, 1, 100])
    np.testing.assert_allclose(mse.lines[0].get_ydata(), [0.07 + 0.01 * middle] * 3)
    np.testing.assert_allclose(nnz.lines[0].get_ydata(), middle + np.array([39.001, 39.1, 49]))
    np.testing.assert_allclose(mse.collections[-1].get_offsets(), runs[["weight", "mse"]])
    bands = [path.vertices[:, 1] for band in mse.collections[:-1] for path in band.get_paths()]
    assert [(band.min(), band.max()) for band in bands] == [pytest.approx((0.07, 0.06 + 0.01 * count))] * (count > 1)
    for axis in axes:
        assert axis.get_ylim()[0] == 0
        assert axis.get_xscale() == "log"
        assert [label.get_text() for label in axis.get_xticklabels()] == ["0.01", "1", "100"]
