"""Reconstructions side by side: every image, score and label in its place."""

from itertools import pairwise

import numpy as np
import pytest

from vspair.reporting.reconstructions import SCORES_NAMED, Reconstructed, reconstruction_figure, scores

LIMITS = (0.0, 0.5)
ROW, VIEW, BIN = np.indices((2, 5, 6))
OBSERVATIONS = 100.0 * (ROW + 1) + 10 * VIEW + BIN
"""Two observations of five views and six bins, whose values tell row, view and bin."""


def constant(*values):
    return np.broadcast_to(np.array(values, dtype=float)[:, None, None], (len(values), 3, 4))


@pytest.fixture(scope="module")
def figure():
    methods = {
        "A": Reconstructed(constant(0.1, 0.2), np.array([31.26, 20.0]), np.array([0.8765, 0.5])),
        "B": Reconstructed(constant(0.3, 0.4), np.array([np.inf, -1.5]), np.array([1.0, -0.0123])),
    }
    return reconstruction_figure(("low", "high"), OBSERVATIONS, constant(0.6, 0.7), methods, LIMITS, ("y", "x"))


@pytest.mark.parametrize(
    ("column", "row", "value", "score"),
    [
        ("x", "low", 0.6, None),
        ("A", "low", 0.1, "31.3, 0.876"),
        ("B", "low", 0.3, "inf, 1.000"),
        ("x", "high", 0.7, None),
        ("A", "high", 0.2, "20.0, 0.500"),
        ("B", "high", 0.4, "\N{MINUS SIGN}1.5, \N{MINUS SIGN}0.012"),
    ],
)
def test_every_image_is_under_its_method_and_beside_its_row_with_its_scores_below(figure, column, row, value, score):
    """Would catch transposed cells, and reconstructions or scores of another row."""
    places = {text.get_text(): text.get_position() for text in figure.texts}
    x, y = places[column][0], places[row][1]
    boxes = [(axis.get_position(), axis.images[0].get_array()[0, 0]) for axis in figure.axes]
    here = [shown for box, shown in boxes if np.allclose((box.x0 + box.width / 2, box.y0 + box.height / 2), (x, y))]
    assert here == [value]
    if score:
        assert places[score][0] == pytest.approx(x)
        assert 0 < y - places[score][1] < places["low"][1] - places["high"][1]


def test_an_observation_has_its_own_scale_with_views_from_left_to_right_and_all_images_share_one(figure):
    """Would catch one scale for all noise levels, on which low noise is flat, and swapped axes."""
    for observation, axis in zip(OBSERVATIONS, figure.axes[::4], strict=True):
        shown = axis.images[0]
        np.testing.assert_array_equal(shown.get_array(), observation.T)
        assert shown.get_clim() == (observation.min(), observation.max())
        assert axis.get_aspect() == "auto"
    images = [axis.images[0].get_clim() for number, axis in enumerate(figure.axes) if number % 4]
    assert images == [LIMITS] * 6
    assert [text.get_text() for text in figure.texts].count(SCORES_NAMED) == 2


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
