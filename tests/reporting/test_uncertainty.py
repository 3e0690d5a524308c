"""Uncertainty against error: points, fits, correlations and ratios are those of the data."""

import numpy as np
import pandas as pd
import pytest

from vspair.reporting.uncertainty import correlation, printed_numbers, uncertainty_figure

COLOURS = {"A": "#0072B2", "B (ours)": "#D55E00"}


def images(count=60):
    """Two methods; half of their images are shown as points. B's ratios are about 1/2, and two have none."""
    generator = np.random.default_rng(0)
    parts = []
    for method, ratio in (("A", 5.0), ("B (ours)", 0.5)):
        error = generator.uniform(0.01, 0.1, count)
        uncertainty = 0.2 * error + 0.001 + 0.002 * generator.random(count)
        ratios = ratio * np.exp(0.6 * generator.normal(size=count))
        parts.append(pd.DataFrame({"error": error, "uncertainty": uncertainty, "ratio": ratios}))
        parts[-1] = parts[-1].assign(method=method, scatter=np.arange(count) % 2 == 0)
    parts[1].loc[[3, 8], "ratio"] = [np.nan, 0]
    return pd.concat(parts, ignore_index=True)


FRAME = images()
POINTS = {method: part for method, part in FRAME[FRAME["scatter"]].groupby("method")}
RATIOS = {method: part for method, part in FRAME[FRAME["ratio"] > 0].groupby("method")["ratio"]}


@pytest.fixture(scope="module")
def panels():
    return uncertainty_figure(FRAME, COLOURS).axes


@pytest.fixture(scope="module")
def numbers():
    return printed_numbers(FRAME).set_index("method")


def test_points_are_the_chosen_images_and_lines_their_least_squares_fits(panels):
    """Would catch swapped axes and images that were not chosen."""
    points = [c.get_offsets() for c in panels[0].collections if hasattr(c, "get_offsets") and len(c.get_offsets()) > 1]
    for method, offsets, line in zip(COLOURS, points, panels[0].lines, strict=True):
        part = POINTS[method]
        np.testing.assert_array_equal(offsets, part[["error", "uncertainty"]])
        slope, offset = np.polyfit(part["error"], part["uncertainty"], 1)
        np.testing.assert_allclose(line.get_ydata(), slope * line.get_xdata() + offset, rtol=1e-6)


def test_legend_and_print_give_r_with_fishers_interval_for_the_points(panels, numbers):
    """Against the closed form: tanh(atanh(r) +- 1.96 / sqrt(n - 3)); r of all images would be seen."""
    texts = [text.get_text() for text in panels[0].get_legend().get_texts()]
    for method, text in zip(COLOURS, texts, strict=True):
        part = POINTS[method]
        r = np.corrcoef(part["error"], part["uncertainty"])[0, 1]
        low, high = np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.959964 / np.sqrt(len(part) - 3))
        assert text == f"{method}: $r$ = {r:.2f} [{low:.2f}, {high:.2f}]"
        assert numbers.loc[method, ["r", "r_low", "r_high"]].tolist() == pytest.approx([r, low, high])


def test_a_constant_uncertainty_has_no_correlation():
    """A collapsed model gives the same variance everywhere; that is said, not warned about."""
    constant = FRAME.assign(uncertainty=0.1)
    assert np.isnan(correlation(constant["error"], constant["uncertainty"])).all()
    texts = uncertainty_figure(constant, COLOURS).axes[0].get_legend().get_texts()
    assert [text.get_text() for text in texts] == ["A: $r$ undefined", "B (ours): $r$ undefined"]


def test_boxes_hold_the_positive_ratios_of_all_images(panels, numbers):
    """Median and whiskers of all images, shown as points or not; a ratio of 0 or none is counted in words."""
    axis = panels[1]
    assert axis.get_yscale() == "log"
    level = [line.get_ydata()[0] for line in axis.lines if len(line.get_ydata()) == 2 and not np.ptp(line.get_ydata())]
    for method, text in zip(COLOURS, axis.texts, strict=True):
        ratio = RATIOS[method]
        assert text.get_text() == f"{ratio.median():.2g}" != f"{ratio.mean():.2g}"
        assert numbers.loc[method, "median_ratio"] == pytest.approx(ratio.median())
        for value in (ratio.min(), ratio.median(), ratio.max()):
            assert np.isclose(level, value).any()
    assert [label.get_text() for label in axis.get_xticklabels()] == ["A", "B (ours)\n2 of 60\nwithout"]
    assert numbers[["without", "images"]].to_numpy().tolist() == [[0, 60], [2, 60]]


def test_where_nothing_is_lost_by_place_there_is_no_ratio():
    """The left panel alone, with its own unit, and the same correlations."""
    frame = FRAME.drop(columns="ratio")
    (axis,) = uncertainty_figure(frame, COLOURS, "m$^2$").axes
    assert axis.get_xlabel().endswith("(m$^2$)")
    pd.testing.assert_frame_equal(
        printed_numbers(frame), printed_numbers(FRAME).drop(columns=["median_ratio", "without"])
    )


@pytest.mark.parametrize("ratio", [FRAME["ratio"], 50.0, np.nan])
def test_the_line_at_1_lies_inside_the_panel(ratio):
    """All boxes above 1 is the statement of the panel; without the line in view nobody could check it."""
    axis = uncertainty_figure(FRAME.assign(ratio=ratio), COLOURS).axes[1]
    assert any(np.array_equal(line.get_ydata(), [1, 1]) for line in axis.lines)
    low, high = axis.get_ylim()
    assert low < 1 < high


def test_drawing_twice_gives_the_same_bands(panels):
    """Bootstrap bands must not differ from run to run."""
    one, two = panels[0].collections, uncertainty_figure(FRAME, COLOURS).axes[0].collections
    paths = [[path.vertices for drawn in collections for path in drawn.get_paths()] for collections in (one, two)]
    assert all(np.array_equal(left, right) for left, right in zip(*paths, strict=True))
