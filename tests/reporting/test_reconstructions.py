"""Reconstructions side by side: every image, score and label in its place."""

from itertools import pairwise

import numpy as np
import pytest

from vspair.reporting.reconstructions import SCORES_NAMED, Reconstructed, reconstruction_figure, scores

ROWS = ("low", "high")
LIMITS = (0.0, 0.5)


def constant(*values):
    return np.broadcast_to(np.array(values, dtype=float)[:, None, None], (len(values), 3, 4))


@pytest.fixture(scope="module")
def observations():
    """Two observations of five views and six bins, whose values tell row, view and bin."""
    row, view, bin_ = np.indices((2, 5, 6))
    return 100.0 * (row + 1) + 10 * view + bin_


@pytest.fixture(scope="module")
def figure(observations):
    methods = {
        "A": Reconstructed(constant(0.1, 0.2), np.array([31.26, 20.0]), np.array([0.8765, 0.5])),
        "B": Reconstructed(constant(0.3, 0.4), np.array([np.inf, -1.5]), np.array([1.0, -0.0123])),
    }
    return reconstruction_figure(ROWS, observations, constant(0.6, 0.7), methods, LIMITS, ("y", "x"))


def centre(axis):
    box = axis.get_position()
    return box.x0 + box.width / 2, box.y0 + box.height / 2


def texts(figure):
    return {text.get_text(): text.get_position() for text in figure.texts}


def test_every_image_is_under_its_method_and_beside_its_row(figure):
    """Would catch transposed cells and reconstructions of another row."""
    places = texts(figure)
    expected = {("x", "low"): 0.6, ("A", "low"): 0.1, ("B", "low"): 0.3}
    expected |= {("x", "high"): 0.7, ("A", "high"): 0.2, ("B", "high"): 0.4}
    found = {centre(axis): axis.images[0].get_array()[0, 0] for axis in figure.axes}
    for (column, row), value in expected.items():
        wanted = places[column][0], places[row][1]
        (shown,) = [v for place, v in found.items() if np.allclose(place, wanted)]
        assert shown == value


def test_scores_stand_below_their_image(figure):
    """And not below that of another method or row; two rows have seven images each of the same width."""
    places = texts(figure)
    for text, column, row in (
        ("31.3, 0.876", "A", "low"),
        ("inf, 1.000", "B", "low"),
        ("20.0, 0.500", "A", "high"),
        ("\N{MINUS SIGN}1.5, \N{MINUS SIGN}0.012", "B", "high"),
    ):
        x, y = places[text]
        assert x == pytest.approx(places[column][0])
        above = places[row][1] - y
        assert 0 < above < places["low"][1] - places["high"][1]
    assert [text.get_text() for text in figure.texts].count(SCORES_NAMED) == 2


def test_an_observation_has_its_own_scale_with_views_from_left_to_right(figure, observations):
    """Would catch one scale for all noise levels, on which low noise is flat, and swapped axes."""
    for row, axis in enumerate(figure.axes[::4]):
        shown = axis.images[0]
        np.testing.assert_array_equal(shown.get_array(), observations[row].T)
        assert shown.get_clim() == (observations[row].min(), observations[row].max())
        assert axis.get_aspect() == "auto"


def test_truths_and_reconstructions_share_one_scale(figure):
    images = [axis.images[0] for number, axis in enumerate(figure.axes) if number % 4]
    assert len(images) == 6
    assert {image.get_clim() for image in images} == {LIMITS}


def test_seven_columns_fill_the_text_width_without_overlap():
    many = {name: Reconstructed(constant(0.1), np.ones(1), np.ones(1)) for name in "ABCDE"}
    figure = reconstruction_figure(("one",), np.ones((1, 5, 6)), constant(0.2), many, LIMITS)
    boxes = [axis.get_position() for axis in figure.axes]
    assert len(boxes) == 7
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert 0.98 < boxes[-1].x1 <= 1
    # Square cells in inches, in a figure that is not square.
    width, height = figure.get_size_inches()
    assert boxes[0].width * width == pytest.approx(boxes[0].height * height)


@pytest.mark.parametrize(("psnr", "ssim", "text"), [(31.449, 0.87449, "31.4, 0.874"), (np.nan, np.nan, "nan, nan")])
def test_scores_in_words(psnr, ssim, text):
    assert scores(psnr, ssim) == text
