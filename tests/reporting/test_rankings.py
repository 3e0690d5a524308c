"""Correlations by strength, and counts with their standard error."""

import numpy as np
import pandas as pd

from vspair.reporting.rankings import counts_figure, ranking_figure
from vspair.reporting.style import COLOURS


def test_bars_stand_in_their_order_and_tell_the_sign():
    axis = ranking_figure({"a": 0.9, "b": -0.6, "c": np.nan}, "rho").axes[0]
    assert [bar.get_width() for bar in axis.patches[:2]] == [0.9, -0.6]
    colours = [bar.get_facecolor()[:3] for bar in axis.patches[:2]]
    assert colours[0] != colours[1]
    bottom, top = axis.get_ylim()
    assert bottom > top and [label.get_text() for label in axis.get_yticklabels()] == ["a", "b", "c"]


def test_lines_are_means_with_a_band_of_one_standard_error():
    counts = pd.DataFrame(
        {"group": ["x", "x", "y"], "classes": [10, 1, 1], "mean": [4.0, 2.0, 1.0], "error": [0.5, 0.25, np.nan]}
    )
    axis = counts_figure(counts, "dims").axes[0]
    first, second = axis.lines
    np.testing.assert_array_equal(first.get_xydata(), [[1, 2.0], [10, 4.0]])
    np.testing.assert_array_equal(second.get_xydata(), [[1, 1.0]])
    band = axis.collections[0].get_paths()[0].vertices
    assert {tuple(point) for point in band} >= {(1, 1.75), (1, 2.25), (10, 3.5), (10, 4.5)}
    assert first.get_color() == COLOURS[0]
    assert [text.get_text() for text in axis.get_legend().texts] == ["x", "y"]
