"""Images inside figures: grey values, places and marks."""

import numpy as np
import pytest

from vspair.data import scale_for
from vspair.reporting.images import BOX, boundary, box, grey_limits, in_scale, percent, place, show


def drawn(width=4.0, height=2.0):
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height))


def test_grey_values_are_those_that_the_models_see():
    """Would catch an offset or unit that is applied the wrong way round."""
    grey = np.array([[0, 51, 255]], dtype=np.uint8)
    np.testing.assert_allclose(in_scale(grey, scale_for("unit", grey)), [[0, 0.2, 1]])
    np.testing.assert_allclose(in_scale(grey, scale_for("symmetric", grey)), [[-1, -0.6, 1]])
    standardised = in_scale(grey, scale_for("standardised", grey))
    assert (standardised.mean(), standardised.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1))


def test_black_and_white_are_the_ends_of_the_grey_scale():
    assert grey_limits(scale_for("symmetric", np.zeros(1))) == (-1, 1)
    assert grey_limits(scale_for("unit", np.zeros(1))) == (0, 1)


def test_places_are_inches_from_the_upper_left_corner():
    """Would catch a vertical coordinate that counts from below, as matplotlib's own does."""
    figure = drawn()
    left, bottom, width, height = place(figure, 0.5, 0.25, 1, 0.5).get_position().bounds
    assert (left, width) == (0.5 / 4, 1 / 4)
    assert (1 - bottom - height, height) == (0.25 / 2, 0.5 / 2)


def test_an_image_is_shown_unchanged_within_its_limits():
    axis = place(drawn(), 0, 0, 1, 1)
    image = np.arange(6.0).reshape(2, 3)
    shown = show(axis, image, (1, 4))
    np.testing.assert_array_equal(shown.get_array(), image)
    assert shown.get_clim() == (1, 4)
    assert not any(spine.get_visible() for spine in axis.spines.values())


def test_a_box_frames_all_four_sides():
    """The style hides the upper and right side of every other panel."""
    axis = place(drawn(), 0, 0, 1, 1)
    show(axis, np.zeros((2, 2)), (0, 1))
    box(axis)
    for spine in axis.spines.values():
        assert spine.get_visible()
        assert spine.get_edgecolor()[:3] == tuple(int(BOX[i : i + 2], 16) / 255 for i in (1, 3, 5))


@pytest.mark.parametrize(
    ("level", "name"), [(-4, "\N{MINUS SIGN}400 %"), (0, "0 %"), (0.5, "+50 %"), (4.0, "+400 %"), (-1.25, "−125 %")]
)
def test_levels_are_named_in_percent(level, name):
    assert percent(level) == name


def crossings(mask):
    """Centres of all edges between a pixel inside and one outside, pixel by pixel."""
    found = set()
    for row, column in zip(*np.nonzero(mask), strict=True):
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            other = (row + down, column + right)
            inside = 0 <= other[0] < mask.shape[0] and 0 <= other[1] < mask.shape[1] and mask[other]
            if not inside:
                found.add((column + right / 2, row + down / 2))
    return found


def test_the_boundary_is_every_pixel_edge_between_inside_and_outside():
    """Against a count pixel by pixel; would catch a shift by half a pixel, swapped axes and a lost image border."""
    mask = np.random.default_rng(0).random((7, 11)) < 0.4
    segments = boundary(mask)
    centres = {tuple(centre) for centre in segments.mean(axis=1)}
    assert len(centres) == len(segments)
    assert centres == crossings(mask)
    np.testing.assert_array_equal(np.abs(np.diff(segments, axis=1)).sum(axis=(1, 2)), 1)


def test_an_empty_mask_has_no_boundary():
    assert boundary(np.zeros((3, 4), dtype=bool)).shape == (0, 2, 2)
