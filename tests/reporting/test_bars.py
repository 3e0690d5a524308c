"""Latent codes as bars: what one reads off is the code."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from vspair.reporting.bars import latent_figure
from vspair.reporting.style import save_figure

COLOURS = {"sparse": "#0072B2", "dense": "#D55E00", "none": "#009E73"}
STACK = np.random.default_rng(1).uniform(-1, 1, (2, 6, 6))


@pytest.fixture(scope="module")
def codes():
    """Two cases: a sparse code of 784 latents, empty in the second case, and a dense one of 32."""
    sparse = np.zeros((2, 784))
    sparse[0, [0, 5, 783]] = [-2.0, 0.5, 1.0]
    return {"sparse": sparse, "dense": np.random.default_rng(0).normal(size=(2, 32)), "none": np.zeros((2, 8))}


@pytest.fixture(scope="module")
def figure(codes):
    reconstructions = {method: STACK + number for number, method in enumerate(codes, start=1)}
    return latent_figure(["one", "two"], STACK, STACK / 2, reconstructions, codes, COLOURS, (-1, 1))


def panels(figure):
    """Bar panels in reading order: method by method, case by case."""
    return [axis for axis in figure.axes if axis.get_title().endswith("non-zero")]


def test_bars_are_the_absolute_non_zero_latents_counted_in_the_methods_colour_and_none_is_cut(figure, codes):
    """Would catch signed heights, a shift by one latent and bars of the wrong case or method."""
    assert len(panels(figure)) == 6
    for number, (method, both) in enumerate(codes.items()):
        axes = panels(figure)[2 * number : 2 * number + 2]
        for axis, code in zip(axes, both, strict=True):
            ends = np.array(axis.collections[0].get_segments()).reshape(-1, 2, 2)
            (latent,) = np.nonzero(code)
            np.testing.assert_array_equal(ends[:, :, 0], np.stack([latent, latent], axis=1))
            np.testing.assert_allclose(ends[:, :, 1], np.stack([0 * latent, np.abs(code[latent])], axis=1))
            assert axis.get_title() == f"{len(latent)} of {len(code)} non-zero"
            assert to_hex(axis.collections[0].get_colors()[0]).upper() == COLOURS[method]
        (top,) = {axis.get_ylim()[1] for axis in axes}
        assert top > np.abs(both).max()


def test_images_stand_under_their_names_in_every_case(figure):
    """Would catch reconstructions or cases that changed places."""
    shown = [(axis.get_title(), axis.images[0].get_array()) for axis in figure.axes if axis.images]
    assert [name for name, _ in shown] == ["$y$", "$x$", "sparse", "dense", "none"] * 2
    for case, image in enumerate(STACK):
        expected = [image, image / 2, image + 1, image + 2, image + 3]
        np.testing.assert_allclose([array for _, array in shown[5 * case : 5 * case + 5]], expected)


def test_784_bars_are_wide_enough_to_print_and_stay_small_as_a_file(tmp_path):
    """The finest line that journals print is a quarter to half a point; four dense panels fit into 75 kB."""
    stack = np.zeros((4, 28, 28))
    codes = {"dense": np.random.default_rng(0).normal(size=(4, 784))}
    figure = latent_figure(list("1234"), stack, stack, {"dense": stack}, codes, COLOURS, (0, 1))
    assert panels(figure)[0].collections[0].get_linewidth()[0] >= 0.5
    save_figure(figure, tmp_path / "bars")
    assert (tmp_path / "bars.pdf").stat().st_size < 75_000
