"""Localised latents: changes against the unperturbed image, holes where they are."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from vspair.reporting.images import boundary
from vspair.reporting.localised import CONTOUR, NONE_FOUND, LocalisedCase, localised_figure

LEVELS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def case(title, latent, size):
    """A case whose image at level l is x + l * size inside its holes; its variance is `size` everywhere."""
    generator = np.random.default_rng(len(title))
    qoi = generator.uniform(-1, 1, (8, 8))
    mask = generator.random((8, 8)) < 0.3
    images = qoi + np.array(LEVELS)[:, None, None] * size * mask
    return LocalisedCase(title, qoi * ~mask, qoi, qoi / 2, np.full((8, 8), size), mask, latent, 12.3456, images)


CASES = [case("one", 660, 0.1), case("three", -1, 0.9), case("eleven", 5, 0.2)]


@pytest.fixture(scope="module")
def figure():
    return localised_figure(CASES, LEVELS, (-1, 1))


def rows(figure, name):
    """Axes with an image whose title is `name`."""
    return [axis for axis in figure.axes if axis.images and axis.get_title() == name]


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("$y$", "observation"), ("$x$", "qoi"), ("variance", "variance"), (r"mean $\hat{x}$", "mean")],
)
def test_first_rows_show_observation_truth_variance_and_mean(figure, name, attribute):
    shown = [axis.images[0].get_array() for axis in rows(figure, name)]
    np.testing.assert_array_equal(shown, [getattr(expected, attribute) for expected in CASES])


def test_reconstructions_and_changes_stand_under_their_levels_and_level_0_alone_is_boxed(figure):
    """Cases with a latent alone have these rows; the change, against level 0, lies right below its reconstruction."""
    for column, name in enumerate(["−200 %", "−100 %", "0 %", "+100 %", "+200 %"]):
        for axis, expected in zip(rows(figure, name), (CASES[0], CASES[2]), strict=True):
            np.testing.assert_array_equal(axis.images[0].get_array(), expected.images[column])
            below = figure.axes[figure.axes.index(axis) + 1]
            size = expected.variance[0, 0]
            np.testing.assert_allclose(
                below.images[0].get_array(), abs(LEVELS[column]) * size * expected.mask, atol=1e-12
            )
            assert below.get_position().x0 == axis.get_position().x0
            assert below.get_position().y1 < axis.get_position().y0
    boxed = [axis for axis in figure.axes if axis.images and axis.spines["top"].get_visible()]
    assert [axis.get_title() for axis in boxed] == ["0 %", "", "0 %", ""]


def test_contours_are_the_boundaries_of_the_holes(figure):
    """On every variance and every change, along pixel edges, of the case's own mask."""
    contoured = [axis.collections[0] for axis in figure.axes if axis.images and axis.collections]
    masks = [CASES[0].mask] * 6 + [CASES[1].mask] + [CASES[2].mask] * 6
    for contour, mask in zip(contoured, masks, strict=True):
        np.testing.assert_array_equal(np.array(contour.get_segments()), boundary(mask))
        assert tuple(contour.get_edgecolor()[0]) == to_rgba(CONTOUR)


def test_variances_share_one_scale_and_changes_another_as_their_bars_say(figure):
    """The case of size 0.9 has no latent and must not stretch the scale of the changes."""
    assert {axis.images[0].get_clim() for axis in rows(figure, "variance")} == {(0, 0.9)}
    changes = [axis.images[0].get_clim() for axis in rows(figure, "") if axis.collections]
    assert changes == [(0, pytest.approx(0.4))] * 10
    bars = {axis.get_ylabel(): axis.get_ylim() for axis in figure.axes if not axis.images}
    assert bars == {"pixel variance": (0, 0.9), "absolute change (grey values)": (0, pytest.approx(0.4))}


def test_latents_and_ratios_are_named_and_a_case_without_says_so_and_has_no_bar_for_changes(figure):
    ratio = "localisation ratio 12.3"
    expected = [f"one\nlatent 660\n{ratio}", "three", NONE_FOUND, f"eleven\nlatent 5\n{ratio}"]
    assert [text.get_text() for text in figure.texts] == expected
    assert np.isnan(CASES[1].change(LEVELS)).all()
    without = localised_figure(CASES[1:2], LEVELS, (-1, 1))
    assert [axis.get_ylabel() for axis in without.axes if not axis.images] == ["pixel variance"]
