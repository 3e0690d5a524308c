"""Images inside figures: grey values, places and marks."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from vspair.data import scale_for
from vspair.reporting.images import BOX, boundary, box, grey_limits, in_scale, percent, place, show


@pytest.mark.parametrize(("name", "black", "grey", "white"), [("unit", 0, 0.2, 1), ("symmetric", -1, -0.6, 1)])
def test_grey_values_are_those_that_the_models_see(name, black, grey, white):
    """Would catch an offset or unit that is applied the wrong way round."""
    values = np.array([[0, 51, 255]], dtype=np.uint8)
    np.testing.assert_allclose(in_scale(values, scale_for(name, values)), [[black, grey, white]])
    assert grey_limits(scale_for(name, values)) == (black, white)


def test_places_are_inches_from_the_upper_left_corner():
    """Would catch a vertical coordinate that counts from below, as matplotlib's own does."""
    left, bottom, width, height = place(Figure(figsize=(4, 2)), 0.5, 0.25, 1, 0.5).get_position().bounds
    assert (left, width) == (0.5 / 4, 1 / 4)
    assert (1 - bottom - height, height) == (0.25 / 2, 0.5 / 2)


def test_an_image_is_shown_unchanged_within_its_limits_and_a_box_frames_all_four_sides():
    """The style hides the upper and right side of every other panel."""
    axis = place(Figure(figsize=(4, 2)), 0, 0, 1, 1)
    image = np.arange(6.0).reshape(2, 3)
    shown = show(axis, image, (1, 4))
    np.testing.assert_array_equal(shown.get_array(), image)
    assert shown.get_clim() == (1, 4)
    assert not any(spine.get_visible() for spine in axis.spines.values())
    box(axis)
    assert [(s.get_visible(), s.get_edgecolor()) for s in axis.spines.values()] == [(True, to_rgba(BOX))] * 4


@pytest.mark.parametrize(
    ("level", "name"), [(-4, "\N{MINUS SIGN}400 %"), (0, "0 %"), (0.5, "+50 %"), (4.0, "+400 %"), (-1.25, "−125 %")]
)
def test_levels_are_named_in_percent(level, name):
    assert percent(level) == name


def test_the_boundary_is_every_pixel_edge_between_inside_and_outside():
    """Against a count pixel by pixel; would catch a shift by half a pixel, swapped axes and a lost image border."""
    mask = np.random.default_rng(0).random((7, 11)) < 0.4
    around = np.pad(mask, 1)
    steps = ((0, 1), (0, -1), (1, 0), (-1, 0))
    pixels = zip(*np.nonzero(mask), strict=True)
    expected = {(x + i / 2, y + j / 2) for y, x in pixels for j, i in steps if not around[y + 1 + j, x + 1 + i]}
    segments = boundary(mask)
    centres = {tuple(centre) for centre in segments.mean(axis=1)}
    assert len(centres) == len(segments)
    assert centres == expected
    np.testing.assert_array_equal(np.abs(np.diff(segments, axis=1)).sum(axis=(1, 2)), 1)
    assert boundary(np.zeros((3, 4), dtype=bool)).shape == (0, 2, 2)
