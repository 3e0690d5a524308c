"""Heat maps: the number in a cell is the mean of the runs with that cell's settings."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.heatmaps import heatmap_figure

PANELS = {"mse": "MSE", "nnz": "non-zero latents"}


def runs(seeds=(0, 1)):
    """mse = a / 100 + b / 10000 + seed / 1000 and nnz = 10 a + b, in no order; a and b are not symmetric."""
    points = [(a, b, seed) for b in (64, 1, 16) for a in (2, 1) for seed in seeds]
    frame = pd.DataFrame(points, columns=["alpha0", "beta0", "seed"])
    return frame.assign(
        mse=frame["alpha0"] / 100 + frame["beta0"] / 10000 + frame["seed"] / 1000,
        nnz=10 * frame["alpha0"] + frame["beta0"],
    )


def maps(frame):
    figure = heatmap_figure(frame, ("alpha0", "A"), ("beta0", "B"), PANELS)
    return [axis for axis in figure.axes if axis.get_xlabel()]


def read_off(axis):
    """(row's tick, column's tick) -> the number printed there, by position in the panel."""
    x, y = (
        {round(tick, 3): label.get_text() for tick, label in zip(ticks, labels, strict=True)}
        for ticks, labels in ((axis.get_xticks(), axis.get_xticklabels()), (axis.get_yticks(), axis.get_yticklabels()))
    )
    return {
        (y[round(text.get_position()[1], 3)], x[round(text.get_position()[0], 3)]): text.get_text()
        for text in axis.texts
    }


def test_cells_hold_means_over_seeds_at_their_settings():
    """Would catch a transposed grid, labels in another order than the cells, and one seed for the mean."""
    mse, nnz = (read_off(axis) for axis in maps(runs()))
    assert len(mse) == len(nnz) == 6
    for a in (1, 2):
        for b in (1, 16, 64):
            assert float(mse[str(a), str(b)]) == pytest.approx(a / 100 + b / 10000 + 0.0005, rel=5e-3)
            assert float(nnz[str(a), str(b)]) == 10 * a + b


def test_colours_belong_to_the_printed_numbers():
    for axis in maps(runs()):
        values = axis.collections[0].get_array().ravel()
        printed = [float(text.get_text()) for text in axis.texts]
        np.testing.assert_allclose(values, printed, rtol=5e-3)


def test_settings_grow_to_the_right_and_upwards():
    for axis in maps(runs()):
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("B", "A")
        assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "16", "64"]
        assert [label.get_text() for label in axis.get_yticklabels()] == ["1", "2"]
        assert not axis.yaxis_inverted()


def test_one_seed_is_enough():
    assert read_off(maps(runs(seeds=(0,)))[0])["2", "16"] == "0.0216"


def test_bars_name_results_with_units():
    figure = heatmap_figure(runs(), ("alpha0", "A"), ("beta0", "B"), PANELS)
    assert [axis.get_ylabel() for axis in figure.axes if not axis.get_xlabel()] == ["MSE", "non-zero latents"]
