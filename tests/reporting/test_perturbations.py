"""Reconstructions under perturbation: the right image in each cell."""

import numpy as np
import pytest

from vspair.reporting.perturbations import NONE_LEFT, Sensitive, perturbation_figure

LEVELS = (-4.0, -2.0, 0.0, 2.0)


def sensitive(first, rows):
    """Latents `first`, `first + 1`, ... whose image at level number k is constant latent + k / 10."""
    latents = np.arange(first, first + rows)
    values = latents[:, None] + np.arange(len(LEVELS)) / 10
    shares = np.where(latents == 101, 0.634, 1.0)
    return Sensitive(latents, latents / 1000, shares, np.broadcast_to(values[..., None, None], (*values.shape, 3, 3)))


@pytest.fixture(scope="module")
def figure():
    """One method with three latents, one with a single one, one with none."""
    return perturbation_figure(LEVELS, {"A": sensitive(100, 3), "B": sensitive(7, 1), "C": sensitive(0, 0)}, (0, 200))


def test_every_cell_shows_its_latent_at_its_level_and_level_0_alone_is_boxed(figure):
    """Would catch transposed rows and columns, and rows of another method."""
    expected = [latent + level / 10 for latent in (100, 101, 102, 7) for level in range(4)]
    np.testing.assert_allclose([axis.images[0].get_array()[0, 0] for axis in figure.axes], expected)
    boxed = [axis.images[0].get_array()[0, 0] for axis in figure.axes if axis.spines["top"].get_visible()]
    np.testing.assert_allclose(boxed, [100.2, 101.2, 102.2, 7.2])
    assert {axis.images[0].get_clim() for axis in figure.axes} == {(0, 200)}


def test_levels_run_from_left_to_right_under_their_names(figure):
    names = [text for text in figure.texts if text.get_text().endswith("%") and "latent" not in text.get_text()]
    assert [text.get_text() for text in names] == ["−400 %", "−200 %", "0 %", "+200 %"]
    boxes = [axis.get_position() for axis in figure.axes[:4]]
    np.testing.assert_allclose([text.get_position()[0] for text in names], [box.x0 + box.width / 2 for box in boxes])


def test_rows_name_latent_sensitivity_and_share_at_their_height_or_that_there_is_none(figure):
    """Two rows of B and all three of C are empty; silence would look like a defect."""
    named = [text for text in figure.texts if text.get_text().startswith("latent")]
    assert [text.get_text().split("\n")[0] for text in named] == ["latent 100", "latent 101", "latent 102", "latent 7"]
    assert named[2].get_text().endswith("0.1")
    for row, text in enumerate(named):
        place = figure.axes[4 * row].get_position()
        assert place.y0 < text.get_position()[1] < place.y1
    assert [text.get_text().endswith("on in 63 %") for text in named] == [False, True, False, False]
    texts = [text.get_text() for text in figure.texts]
    assert sum("on in" in text for text in texts) == 1
    assert texts.count(NONE_LEFT) == 5
    assert [text for text in texts if text in "ABC"] == ["A", "B", "C"]
