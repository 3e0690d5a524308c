"""Heat maps: the number in a cell is the mean of the runs with that cell's settings."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.heatmaps import heatmap_figure


def read_off(axis):
    """(row's tick, column's tick) -> the number printed there, by position in the panel."""
    x, y = (
        {round(tick, 3): label.get_text() for tick, label in zip(ticks, labels, strict=True)}
        for ticks, labels in ((axis.get_xticks(), axis.get_xticklabels()), (axis.get_yticks(), axis.get_yticklabels()))
    )
    places = [(text.get_text(), *(round(value, 3) for value in text.get_position())) for text in axis.texts]
    return {(y[down], x[right]): float(text) for text, right, down in places}


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_cells_hold_means_over_seeds_at_their_settings_which_grow_to_the_right_and_upwards(seeds):
    """Would catch a transposed grid, labels in another order than the cells, and one seed for the mean.

    mse = a / 100 + b / 10000 + seed / 1000 and nnz = 10 a + b, in no order; a and b are not symmetric.
    """
    frame = pd.DataFrame([(a, b, s) for b in (64, 1, 16) for a in (2, 1) for s in seeds], columns=["a", "b", "seed"])
    mse = frame["a"] / 100 + frame["b"] / 10000 + frame["seed"] / 1000
    frame = frame.assign(mse=mse, nnz=10 * frame["a"] + frame["b"])
    figure = heatmap_figure(frame, ("a", "A"), ("b", "B"), {"mse": "MSE", "nnz": "non-zero latents"})
    maps = [axis for axis in figure.axes if axis.get_xlabel()]
    points = [(a, b) for a in (1, 2) for b in (1, 16, 64)]
    for axis, expected in (
        (maps[0], {(str(a), str(b)): a / 100 + b / 10000 + np.mean(seeds) / 1000 for a, b in points}),
        (maps[1], {(str(a), str(b)): 10 * a + b for a, b in points}),
    ):
        assert read_off(axis) == pytest.approx(expected, rel=5e-3)
        colours = axis.collections[0].get_array().ravel()
        np.testing.assert_allclose(colours, [float(text.get_text()) for text in axis.texts], rtol=5e-3)
        assert (axis.get_xlabel(), axis.get_ylabel()) == ("B", "A")
        assert [label.get_text() for label in axis.get_xticklabels()] == ["1", "16", "64"]
        assert [label.get_text() for label in axis.get_yticklabels()] == ["1", "2"]
        assert not axis.yaxis_inverted()
    assert len(maps) == 2
    assert [axis.get_ylabel() for axis in figure.axes if not axis.get_xlabel()] == ["MSE", "non-zero latents"]
