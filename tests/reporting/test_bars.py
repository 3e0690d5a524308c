"""Latent codes as bars: what one reads off is the code."""

import numpy as np
import pytest

from vspair.reporting.bars import latent_figure
from vspair.reporting.style import save_figure


@pytest.fixture(scope="module")
def codes():
    """Two cases: a sparse code of 784 latents, empty in the second case, and a dense one of 32."""
    generator = np.random.default_rng(0)
    sparse = np.zeros((2, 784))
    sparse[0, [0, 5, 783]] = [-2.0, 0.5, 1.0]
    return {"sparse": sparse, "dense": generator.normal(size=(2, 32)), "none": np.zeros((2, 8))}


@pytest.fixture(scope="module")
def figure(codes):
    generator = np.random.default_rng(1)
    stack = generator.uniform(-1, 1, (2, 6, 6))
    reconstructions = {method: stack + number for number, method in enumerate(codes, start=1)}
    colours = {"sparse": "#0072B2", "dense": "#D55E00", "none": "#009E73"}
    return latent_figure(["one", "two"], stack, stack / 2, reconstructions, codes, colours, (-1, 1))


def panels(figure):
    """Bar panels in reading order: method by method, case by case."""
    return [axis for axis in figure.axes if axis.get_title().endswith("non-zero")]


def test_the_bars_are_the_absolute_values_of_the_non_zero_latents(figure, codes):
    """Would catch signed heights, a shift by one latent and bars of the wrong case or method."""
    expected = [code[case] for code in codes.values() for case in range(2)]
    assert len(panels(figure)) == len(expected)
    for axis, code in zip(panels(figure), expected, strict=True):
        ends = np.array(axis.collections[0].get_segments()).reshape(-1, 2, 2)
        (latent,) = np.nonzero(code)
        np.testing.assert_array_equal(ends[:, :, 0], np.stack([latent, latent], axis=1))
        np.testing.assert_allclose(ends[:, 0, 1], 0)
        np.testing.assert_allclose(ends[:, 1, 1], np.abs(code[latent]))


def test_every_panel_states_how_many_latents_are_not_zero(figure):
    texts = [axis.get_title() for axis in panels(figure)]
    assert texts[:4] == ["3 of 784 non-zero", "0 of 784 non-zero", "32 of 32 non-zero", "32 of 32 non-zero"]


def test_panels_of_one_method_share_their_height_and_no_bar_is_cut(figure, codes):
    for number, code in enumerate(codes.values()):
        tops = {axis.get_ylim()[1] for axis in panels(figure)[2 * number : 2 * number + 2]}
        assert len(tops) == 1
        assert tops.pop() > np.abs(code).max()


def test_images_stand_under_their_names_in_every_case(figure):
    """Would catch reconstructions that changed places."""
    shown = [(axis.get_title(), axis.images[0].get_array()) for axis in figure.axes if axis.images]
    assert [name for name, _ in shown] == ["$y$", "$x$", "sparse", "dense", "none"] * 2
    for case in range(2):
        y, x, *reconstructions = (image for _, image in shown[5 * case : 5 * case + 5])
        np.testing.assert_array_equal(x, y / 2)
        for number, reconstruction in enumerate(reconstructions, start=1):
            np.testing.assert_allclose(reconstruction, y + number)
    assert not np.array_equal(shown[0][1], shown[5][1])


def test_bars_of_a_method_have_its_colour(figure):
    from matplotlib.colors import to_hex

    colours = [to_hex(axis.collections[0].get_colors()[0]).upper() for axis in panels(figure)]
    assert colours[:4] == ["#0072B2", "#0072B2", "#D55E00", "#D55E00"]


def test_784_bars_are_wide_enough_to_print_and_stay_small_as_a_file(tmp_path):
    """The finest line that journals print is a quarter to half a point; 16 dense panels fit into 300 kB."""
    generator = np.random.default_rng(0)
    stack = np.zeros((4, 28, 28))
    codes = {name: generator.normal(size=(4, 784)) for name in "abcd"}
    figure = latent_figure(
        list("1234"), stack, stack, dict.fromkeys(codes, stack), codes, dict.fromkeys(codes, "k"), (0, 1)
    )
    assert panels(figure)[0].collections[0].get_linewidth()[0] >= 0.5
    save_figure(figure, tmp_path / "bars")
    assert (tmp_path / "bars.pdf").stat().st_size < 300_000
