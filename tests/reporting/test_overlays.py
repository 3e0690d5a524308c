"""Spread laid over the mean: the right layers, transparency and scale."""

import numpy as np
import pytest

from vspair.reporting.overlays import TOP_SHARE, overlay_figure, transparent_below
from vspair.reporting.reconstructions import Reconstructed

LIMITS = (0.0, 0.5)


def drawn(spreads):
    """Row n has truths of n / 100 and means of n / 10."""
    levels = np.arange(1.0, len(spreads) + 1)
    image = np.ones(spreads.shape) * levels[:, None, None]
    means = Reconstructed(image / 10, 20 + levels, levels / 10)
    observations = np.random.default_rng(0).random((len(spreads), 5, 6))
    names = [f"level {level:g}" for level in levels]
    return overlay_figure(names, observations, image / 100, means, spreads, LIMITS, "sd (unit)")


@pytest.fixture(scope="module")
def spreads():
    return np.random.default_rng(1).random((3, 4, 4)) * np.array([1, 10, 5])[:, None, None]


@pytest.fixture(scope="module")
def figure(spreads):
    return drawn(spreads)


def test_each_row_holds_truth_mean_and_spread_over_the_same_mean_with_its_scores(figure, spreads):
    """Would catch spreads of another row, or laid over the truth."""
    for row in range(3):
        axes = figure.axes[4 * row : 4 * row + 4]
        assert [len(axis.images) for axis in axes] == [1, 1, 1, 2]
        truth, mean, below, above = (image for axis in axes[1:] for image in axis.images)
        np.testing.assert_allclose(truth.get_array(), (row + 1) / 100)
        for image in (mean, below):
            np.testing.assert_allclose(image.get_array(), (row + 1) / 10)
        np.testing.assert_array_equal(above.get_array(), spreads[row])
        assert {image.get_clim() for image in (truth, mean, below)} == {LIMITS}
    written = [text.get_text() for text in figure.texts if text.get_text()[-1].isdigit()]
    assert sorted(written) == ["21.0, 0.100", "22.0, 0.200", "23.0, 0.300", "level 1", "level 2", "level 3"]
    assert written.index("21.0, 0.100") < written.index("22.0, 0.200") < written.index("23.0, 0.300")


def test_all_spreads_share_the_scale_of_the_bar_and_the_bar_says_that_some_exceed_it(figure, spreads):
    top = pytest.approx(np.quantile(spreads, TOP_SHARE))
    overlays = [axis.images[1] for axis in figure.axes if len(axis.images) == 2]
    assert [image.get_clim() for image in overlays] == [(0, top)] * 3
    bar = overlays[-1].colorbar
    assert (bar.extend, bar.vmin, bar.vmax, bar.ax.get_ylabel()) == ("max", 0, top, "sd (unit)")


@pytest.mark.parametrize(("others", "one", "top"), [(1, 1e6, 1), (0, 0.25, 0.25)])
def test_one_bright_pixel_neither_hides_the_others_nor_is_hidden(others, one, top):
    """The quantile is 0 where only a few pixels have a spread."""
    spreads = np.full((1, 40, 40), float(others))
    spreads[0, 0, 0] = one
    assert drawn(spreads).axes[3].images[1].get_clim() == (0, top)


def test_small_spreads_let_the_mean_through_and_large_ones_cover_it():
    """Without any spread the mean is alone: a colour bar that widens an empty scale around 0 would tint everything."""
    opacity = transparent_below("autumn")(np.linspace(0, 1, 11))[:, 3]
    np.testing.assert_allclose(opacity, np.linspace(0, 1, 11), atol=0.01)
    figure = drawn(np.zeros((1, 4, 4)))
    figure.draw_without_rendering()
    shown = figure.axes[3].images[1]
    assert (shown.to_rgba(shown.get_array())[..., 3] == 0).all()
