"""Spread laid over the mean: the right layers, transparency and scale."""

import numpy as np
import pytest

from vspair.reporting.overlays import TOP_SHARE, overlay_figure, transparent_below
from vspair.reporting.reconstructions import Reconstructed

LIMITS = (0.0, 0.5)


def drawn(spreads, side=4):
    rows = len(spreads)
    levels = np.arange(1.0, rows + 1)
    image = np.ones((rows, side, side)) * levels[:, None, None]
    means = Reconstructed(image / 10, 20 + levels, levels / 10)
    observations = np.random.default_rng(0).random((rows, 5, 6))
    names = [f"level {level:g}" for level in levels]
    return overlay_figure(names, observations, image / 100, means, spreads, LIMITS, "sd (unit)")


@pytest.fixture(scope="module")
def spreads():
    return np.random.default_rng(1).random((3, 4, 4)) * np.array([1, 10, 5])[:, None, None]


@pytest.fixture(scope="module")
def figure(spreads):
    return drawn(spreads)


def test_each_row_holds_truth_mean_and_spread_over_the_same_mean(figure, spreads):
    """Would catch spreads of another row, or laid over the truth."""
    for row in range(3):
        axes = figure.axes[4 * row : 4 * row + 4]
        assert [len(axis.images) for axis in axes] == [1, 1, 1, 2]
        truth, mean = axes[1].images[0], axes[2].images[0]
        np.testing.assert_allclose(truth.get_array(), (row + 1) / 100)
        np.testing.assert_allclose(mean.get_array(), (row + 1) / 10)
        below, above = axes[3].images
        np.testing.assert_array_equal(below.get_array(), mean.get_array())
        np.testing.assert_array_equal(above.get_array(), spreads[row])
        assert {image.get_clim() for image in (truth, mean, below)} == {LIMITS}


def test_scores_are_those_of_the_means(figure):
    written = [text.get_text() for text in figure.texts]
    assert [text for text in written if text in ("21.0, 0.100", "22.0, 0.200", "23.0, 0.300")] == [
        *("21.0, 0.100", "22.0, 0.200", "23.0, 0.300")
    ]
    assert [text for text in written if text.startswith("level")] == ["level 1", "level 2", "level 3"]


def test_all_spreads_share_the_scale_of_the_bar_and_the_bar_says_that_some_exceed_it(figure, spreads):
    top = np.quantile(spreads, TOP_SHARE)
    overlays = [axis.images[1] for axis in figure.axes if len(axis.images) == 2]
    assert [image.get_clim() for image in overlays] == [(0, pytest.approx(top))] * 3
    bar = overlays[-1].colorbar
    assert bar.extend == "max"
    assert (bar.vmin, bar.vmax) == (0, pytest.approx(top))
    assert bar.ax.get_ylabel() == "sd (unit)"


def test_one_bright_pixel_does_not_hide_the_others():
    spreads = np.ones((1, 40, 40))
    spreads[0, 0, 0] = 1e6
    figure = drawn(spreads, side=40)
    assert figure.axes[3].images[1].get_clim() == (0, 1)


def test_where_only_a_few_pixels_have_a_spread_these_are_seen():
    """The quantile is 0 there."""
    spreads = np.zeros((1, 40, 40))
    spreads[0, 0, 0] = 0.25
    assert drawn(spreads, side=40).axes[3].images[1].get_clim() == (0, 0.25)


def test_small_spreads_let_the_mean_through_and_large_ones_cover_it():
    opacity = transparent_below("autumn")(np.linspace(0, 1, 11))[:, 3]
    np.testing.assert_allclose(opacity, np.linspace(0, 1, 11), atol=0.01)


def test_a_method_without_any_spread_shows_its_mean_alone(tmp_path):
    """Would catch a colour bar that widens an empty scale around 0 and so tints everything."""
    figure = drawn(np.zeros((1, 4, 4)))
    figure.savefig(tmp_path / "figure.png")
    shown = figure.axes[3].images[1]
    assert (shown.to_rgba(shown.get_array())[..., 3] == 0).all()
