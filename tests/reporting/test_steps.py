"""Latents of highest and lowest variance: every picture at its step, with its own scale of variance."""

import numpy as np
import pytest

from vspair.reporting.steps import HALVES, NONE_LEFT, Varied, step_figure, step_name

STEPS = (-1.0, 0.0, 2.0)
MINUS = "\N{MINUS SIGN}"


def varied(latents, most=1.0):
    """The picture of latent l at step number k is constant l + k / 10; its greatest variance `most` / (l + 1)."""
    latents = np.array(latents)
    values = latents[:, None] + np.arange(len(STEPS)) / 10
    images = np.broadcast_to(values[..., None, None], (*values.shape, 3, 3))
    variances = np.tile(np.linspace(0, 1, 9).reshape(3, 3), (len(latents), 1, 1))
    variances = variances * (most / (np.abs(latents) + 1))[:, None, None]
    return Varied(latents, latents / 1000, 0.95 + latents / 1000, images, variances)


@pytest.fixture(scope="module")
def figure():
    """The first image has all four latents, the second one of high and none of low variance."""
    return step_figure(STEPS, {"first": varied([4, 5, 6, 7]), "second": varied([8, -1, -1, -1])}, (0, 10))


def pictures(figure):
    """Axes with an image, by what they show: `greys` and `variances`."""
    shown = [axis for axis in figure.axes if axis.images]
    greys = [axis for axis in shown if axis.images[0].get_cmap().name == "gray"]
    return greys, [axis for axis in shown if axis not in greys]


def test_every_picture_shows_its_latent_at_its_step_in_its_half(figure):
    """Would catch halves, rows or images of one another, and rows that are filled where there is no latent."""
    headings = {text.get_text(): text.get_position()[0] for text in figure.texts if text.get_text() in HALVES}
    middle = sum(headings.values()) / 2
    found = {}
    for axis in pictures(figure)[0]:
        value = axis.images[0].get_array()[0, 0]
        box = axis.get_position()
        latent, step = int(value), round(10 * (value - int(value)))
        found[latent, step] = (box.x0 > middle, -box.y0, box.x0)
    assert set(found) == {(latent, step) for latent in (4, 5, 6, 7, 8) for step in range(3)}
    assert {latent for (latent, _), (right, _, _) in found.items() if right} == {6, 7}
    tops = {latent: found[latent, 0][1] for latent in (4, 5, 6, 7, 8)}
    assert tops[4] == tops[6] < tops[5] == tops[7] < tops[8]
    for latent in (4, 5, 6, 7, 8):
        assert found[latent, 0][2] < found[latent, 1][2] < found[latent, 2][2]


def test_steps_are_named_above_their_columns(figure):
    names = [(text.get_text(), text.get_position()[0]) for text in figure.texts]
    for name, step in ((f"{MINUS}1 σ", 0), ("mean", 1), ("+2 σ", 2)):
        above = sorted(x for text, x in names if text == name)
        columns = [axis.get_position() for axis in pictures(figure)[0] if shown_step(axis) == step]
        np.testing.assert_allclose(above, sorted({round(box.x0 + box.width / 2, 9) for box in columns}), atol=1e-6)


def shown_step(axis):
    value = axis.images[0].get_array()[0, 0]
    return round(10 * (value - int(value)))


def test_only_the_mean_is_boxed(figure):
    boxed = {shown_step(axis) for axis in pictures(figure)[0] if axis.spines["top"].get_visible()}
    assert boxed == {1}


def test_every_variance_has_a_scale_of_its_own_that_is_written_above_it(figure):
    """Variances of the two halves differ by orders of magnitude: one scale would leave one half black."""
    numbers = {text.get_text(): text.get_position() for text in figure.texts}
    axes = pictures(figure)[1]
    assert len(axes) == 5
    for axis, latent in zip(sorted(axes, key=lambda a: a.images[0].get_clim()[1]), (8, 7, 6, 5, 4), strict=True):
        most = 1 / (latent + 1)
        assert axis.images[0].get_clim() == (0, pytest.approx(most))
        x, y = numbers[f"{most:.2g}"]
        box = axis.get_position()
        assert x == pytest.approx(box.x0 + box.width / 2)
        assert 0 < y - box.y1 < 0.03


def test_latents_are_captioned_with_number_gate_and_sd(figure):
    captions = [text.get_text() for text in figure.texts if text.get_text().startswith("latent ")]
    assert sorted(captions) == [f"latent {n}, ω = {0.95 + n / 1000:.3f}, σ = 0.00{n}00" for n in (4, 5, 6, 7, 8)]


def test_rows_without_a_latent_say_so(figure):
    assert [text.get_text() for text in figure.texts].count(NONE_LEFT) == 3


def test_all_reconstructions_share_the_grey_scale(figure):
    assert {axis.images[0].get_clim() for axis in pictures(figure)[0]} == {(0, 10)}


def test_a_latent_without_effect_can_be_drawn(tmp_path):
    step_figure(STEPS, {"one": varied([1, 2], most=0.0)}, (0, 10)).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("step", "unit", "name"), [(0, "σ", "mean"), (1, "σ", "+1 σ"), (-2.0, "σ", f"{MINUS}2 σ"), (0.5, "σ²", "+0.5 σ²")]
)
def test_steps_in_words(step, unit, name):
    assert step_name(step, unit) == name
