"""Latents of highest and lowest variance: every picture at its step, with its own scale of variance."""

import numpy as np
import pytest

from vspair.reporting.steps import HALVES, NONE_LEFT, Varied, step_figure, step_name

STEPS = (-1.0, 0.0, 2.0)
MINUS = "\N{MINUS SIGN}"
LATENTS = (4, 5, 6, 7, 8)


def varied(latents, most=1.0):
    """The picture of latent l at step number k is constant l + k / 10; its greatest variance `most` / (l + 1)."""
    latents = np.array(latents)
    values = latents[:, None] + np.arange(len(STEPS)) / 10
    images = np.broadcast_to(values[..., None, None], (*values.shape, 3, 3))
    variances = np.linspace(0, 1, 9).reshape(3, 3) * (most / (np.abs(latents) + 1))[:, None, None]
    return Varied(latents, latents / 1000, 0.95 + latents / 1000, images, variances)


@pytest.fixture(scope="module")
def figure():
    """The first image has all four latents, the second one of high and none of low variance."""
    return step_figure(STEPS, {"first": varied([4, 5, 6, 7]), "second": varied([8, -1, -1, -1])}, (0, 10))


@pytest.fixture(scope="module")
def greys(figure):
    """(latent, step) -> axis of its picture."""
    shown = [axis for axis in figure.axes if axis.images and axis.images[0].get_cmap().name == "gray"]
    values = [axis.images[0].get_array()[0, 0] for axis in shown]
    return {(int(value), round(10 * (value % 1))): axis for value, axis in zip(values, shown, strict=True)}


def middle(axis):
    return axis.get_position().x0 + axis.get_position().width / 2


def test_every_picture_shows_its_latent_at_its_step_in_its_half(figure, greys):
    """Would catch halves, rows or images of one another, and rows that are filled where there is no latent."""
    centre = np.mean([text.get_position()[0] for text in figure.texts if text.get_text() in HALVES])
    boxes = {place: axis.get_position() for place, axis in greys.items()}
    assert set(boxes) == {(latent, step) for latent in LATENTS for step in range(3)}
    assert {latent for (latent, _), box in boxes.items() if box.x0 > centre} == {6, 7}
    tops = {latent: -boxes[latent, 0].y0 for latent in LATENTS}
    assert tops[4] == tops[6] < tops[5] == tops[7] < tops[8]
    for latent in LATENTS:
        assert boxes[latent, 0].x0 < boxes[latent, 1].x0 < boxes[latent, 2].x0
    assert [text.get_text() for text in figure.texts].count(NONE_LEFT) == 3
    assert {axis.images[0].get_clim() for axis in greys.values()} == {(0, 10)}
    assert {step for (_, step), axis in greys.items() if axis.spines["top"].get_visible()} == {1}


@pytest.mark.parametrize(("name", "step"), [(f"{MINUS}1 σ", 0), ("mean", 1), ("+2 σ", 2)])
def test_steps_are_named_above_their_columns(figure, greys, name, step):
    above = sorted(text.get_position()[0] for text in figure.texts if text.get_text() == name)
    columns = {round(middle(axis), 9) for (_, of), axis in greys.items() if of == step}
    np.testing.assert_allclose(above, sorted(columns), atol=1e-6)


def test_every_variance_has_a_scale_of_its_own_that_is_written_above_it(figure, greys):
    """Variances of the two halves differ by orders of magnitude: one scale would leave one half black."""
    numbers = {text.get_text(): text.get_position() for text in figure.texts}
    axes = [axis for axis in figure.axes if axis.images and axis not in greys.values()]
    for axis, latent in zip(sorted(axes, key=lambda a: a.images[0].get_clim()[1]), LATENTS[::-1], strict=True):
        most = 1 / (latent + 1)
        assert axis.images[0].get_clim() == (0, pytest.approx(most))
        x, y = numbers[f"{most:.2g}"]
        assert x == pytest.approx(middle(axis))
        assert 0 < y - axis.get_position().y1 < 0.03
        assert f"latent {latent}, ω = {0.95 + latent / 1000:.3f}, σ = 0.00{latent}00" in numbers
    assert sum(text.startswith("latent ") for text in numbers) == len(axes)


def test_a_latent_without_effect_can_be_drawn():
    step_figure(STEPS, {"one": varied([1, 2], most=0.0)}, (0, 10)).draw_without_rendering()


@pytest.mark.parametrize(
    ("step", "unit", "name"), [(0, "σ", "mean"), (1, "σ", "+1 σ"), (-2.0, "σ", f"{MINUS}2 σ"), (0.5, "σ²", "+0.5 σ²")]
)
def test_steps_in_words(step, unit, name):
    assert step_name(step, unit) == name
