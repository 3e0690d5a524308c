"""What Figures 4 to 6 and 11 show: chosen images and latents, and pictures with one latent moved."""

import numpy as np
import pandas as pd
import pytest
import torch

from vspair.distributions import Gaussian, SpikeSlab
from vspair.evaluation import NO_LATENT, inspect_codes, inspect_localised, nearest_to_percentiles
from vspair.evaluation.inspection import inspect_variances
from vspair.models.posterior import LatentPosterior

LEVELS, SHOWN, SAMPLES = (-2.0, 1.0, 3.0), (-1.0, 0.0, 2.0), 5


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("values", "percentiles", "expected"),
    [
        (np.arange(101.0)[::-1], [0, 50, 75, 100], [100, 50, 25, 0]),
        ([np.nan, 5.0, np.nan, 1.0, 3.0], [0, 50, 100], [3, 4, 1]),
        ([2.0, 2.0, 2.0], [50, 90], [0, 0]),
        ([1.0, 3.0], [50], [0]),
        ([1.0, 2.0, 10.0], [70], [1]),
        ([np.nan, np.nan, np.nan], [50, 75], [0, 1]),
        ([np.nan, np.nan], [50, 75, 90], [0, 1, 1]),
        ([np.nan, 7.0], [50, 75, 90], [1, 1, 1]),
    ],
    ids=["by hand", "NaN left out", "equal values", "tie", "nearest value", "all NaN", "few and all NaN", "one known"],
)
def test_images_are_the_nearest_to_the_percentiles(values, percentiles, expected):
    """Positions count the NaN; of two that are equally near the first is taken."""
    assert nearest_to_percentiles(pd.Series(values), percentiles) == expected


@pytest.fixture
def gated(build):
    """A sparse model with latents 0 and 1 always on, 2 always off and the others on half of the time."""
    model = build("vsPAIR")
    biases = model.map.layers[-1].bias.data.unflatten(0, (3, 12))
    biases[2] = 0
    biases[2, :2], biases[2, 2] = 1e4, -1e4
    biases[0] = 1.5
    return model


def sensitivities(posterior, codes, image):
    """Mean squared change over all pixels and levels for each latent of one image, by loops."""
    code = codes[:, image].mean(0)
    base = posterior.decode(code[None])
    found = []
    for latent in range(posterior.latents):
        changes = []
        for level in LEVELS:
            moved = code.clone()
            moved[latent] *= 1 + level
            changes.append((posterior.decode(moved[None]) - base).square().mean())
        found.append(torch.stack(changes).mean())
    return torch.stack(found)


@pytest.mark.parametrize("image", [0, 4])
@pytest.mark.parametrize("name", ["vPAIR", "CVAE"])
def test_the_most_sensitive_latents_come_first(build, batch, name, image):
    """Catches another image's latents, the order turned round, and moves of the CVAE's condition."""
    posterior = build(name).posterior(batch[1])
    found = inspect_codes(posterior, image, LEVELS, SHOWN, SAMPLES, 3, seeded())
    with torch.inference_mode():
        expected = sensitivities(posterior, posterior.sample_latent(SAMPLES, seeded()), image)
    order = expected.argsort(descending=True)[:3]
    assert torch.equal(found["sensitive"], order)
    torch.testing.assert_close(found["sensitivity"], expected[order], rtol=1e-3, atol=1e-9)


def test_latents_that_are_always_active_come_first_and_others_follow_by_their_effect(gated, batch):
    """Twelve latents, two always on, one always off: both come first however small their effect, then the rest."""
    posterior = gated.posterior(batch[1])
    found = inspect_codes(posterior, 2, LEVELS, SHOWN, 40, 20, seeded())
    with torch.inference_mode():
        codes = posterior.sample_latent(40, seeded())
        expected = sensitivities(posterior, codes, 2)
    order = expected.argsort(descending=True).tolist()
    first = [latent for latent in order if latent in (0, 1)]
    assert found["sensitive"].tolist() == first + [latent for latent in order if latent not in (0, 1, 2)]
    share = (codes[:, 2] != 0).float().mean(0)
    assert torch.equal(found["sensitive_share"], share[found["sensitive"]])
    assert (found["sensitive_share"][:2] == 1).all()
    assert (found["sensitive_share"][2:] < 1).all()
    assert found["sensitive_images"].shape == (11, 3, 8, 8)


def test_without_an_active_latent_nothing_is_ranked(gated, batch):
    gated.map.layers[-1].bias.data[24:] = -1e4
    found = inspect_codes(gated.posterior(batch[1]), 2, LEVELS, SHOWN, SAMPLES, 3, seeded())
    assert (found["codes"] == 0).all()
    assert found["sensitive"].shape == found["sensitivity"].shape == (0,)
    assert found["sensitive_images"].shape == (0, 3, 8, 8)


def test_codes_and_reconstructions_are_of_one_and_the_same_draw(build, batch, latent_name):
    """The condition of a CVAE is no code; the draw is the first of those that decide what is active."""
    posterior = build(latent_name).posterior(batch[1])
    found = inspect_codes(posterior, 0, LEVELS, SHOWN, SAMPLES, 2, seeded())
    with torch.inference_mode():
        draw = posterior.sample_latent(SAMPLES, seeded())[0]
        torch.testing.assert_close(found["reconstructions"], posterior.decode(draw)[:, 0])
    assert torch.equal(found["codes"], draw[:, : posterior.latents])
    assert found["codes"].shape == (6, posterior.latents)


def moved(posterior, codes, image, latent, level):
    """Mean over draws of one image's reconstruction with one latent moved in each, by a loop."""
    images = []
    for code in codes[:, image].clone():
        code[latent] *= 1 + level
        images.append(posterior.decode(code[None])[0, 0])
    return torch.stack(images).mean(0)


def test_pictures_move_one_latent_in_every_draw(gated, batch):
    """Level 0 is the plain mean of the samples."""
    posterior = gated.posterior(batch[1])
    found = inspect_codes(posterior, 3, LEVELS, SHOWN, SAMPLES, 2, seeded())
    mean = posterior.sample(SAMPLES, seeded()).mean(0)[3, 0]
    with torch.inference_mode():
        codes = posterior.sample_latent(SAMPLES, seeded())
        for row, latent in enumerate(found["sensitive"].tolist()):
            torch.testing.assert_close(found["sensitive_images"][row, 1], mean, rtol=1e-4, atol=1e-6)
            for column, level in enumerate(SHOWN):
                expected = moved(posterior, codes, 3, latent, level)
                torch.testing.assert_close(found["sensitive_images"][row, column], expected, rtol=1e-4, atol=1e-6)


def test_every_image_has_its_own_latent_moved_and_none_where_there_is_none(gated, batch):
    """Catches rows that are filled from another image; -1 must not be read as the last latent."""
    posterior, latents = gated.posterior(batch[1]), [0, NO_LATENT, 1, 0, NO_LATENT, 1]
    found = inspect_localised(posterior, latents, SHOWN, SAMPLES, seeded())
    generator = seeded()
    mean, variance = posterior.moments(SAMPLES, generator)
    assert torch.equal(found["localised_mean"], mean[:, 0])
    assert torch.equal(found["localised_variance"], variance[:, 0])
    assert found["localised_images"].shape == (6, 3, 8, 8)
    with torch.inference_mode():
        codes = posterior.sample_latent(SAMPLES, generator)
        plain = posterior.decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2]).mean(0)[:, 0]
        for row, latent in enumerate(latents):
            images = found["localised_images"][row]
            if latent == NO_LATENT:
                assert (images == 0).all()
                continue
            torch.testing.assert_close(images[1], plain[row], rtol=1e-4, atol=1e-6)
            for column, level in enumerate(SHOWN):
                torch.testing.assert_close(
                    images[column], moved(posterior, codes, row, latent, level), rtol=1e-4, atol=1e-6
                )


STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
GATES = ((0.99, 0.2, 0.96, 1.0, 0.97, 0.949), (0.1, 0.95, 0.2, 0.96, 0.3, 0.9), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
VARIANCES = ((1.0, 9.0, 4.0, 0.25, 0.01, 16.0), (5.0, 2.0, 7.0, 3.0, 8.0, 9.0), (1.0,) * 6)
CHOSEN = {0: [2, 0, 4, 3], 1: [3, 1, 1, 3], 2: [NO_LATENT] * 4}
"""By eye, from the two tables: the two highest variances among gates of 0.95 or more, falling, and the two lowest."""


@pytest.fixture
def linear():
    """A posterior of three observations and six latents with a linear decoder of 2x3 images, and that decoder's parts.

    Every gate below 0.95 comes with a variance that would otherwise be chosen.
    """
    mean = torch.randn(3, 6, generator=seeded(5))
    weight, bias = torch.randn(6, 6, generator=seeded(6)), torch.randn(6, generator=seeded(7))
    latent = SpikeSlab(Gaussian(mean, torch.tensor(VARIANCES).log()), torch.tensor(GATES))
    posterior = LatentPosterior(latent, lambda codes: (codes @ weight.T + bias).view(-1, 1, 2, 3), 3, 6)
    return posterior, mean, weight, bias


def test_the_latents_of_highest_and_lowest_variance_are_among_those_that_are_likely_on(linear):
    """The last observation has none, the middle one only two; catches variances of gates that are off."""
    found = inspect_variances(linear[0], [2, 0, 1], STEPS, top=2)
    assert found["varied_latents"].tolist() == [CHOSEN[2], CHOSEN[0], CHOSEN[1]]
    torch.testing.assert_close(found["varied_sd"][1], torch.tensor([2.0, 1.0, 0.1, 0.5]))
    torch.testing.assert_close(found["varied_gate"][1], torch.tensor([0.96, 0.99, 0.97, 1.0]))


def test_places_without_a_likely_latent_are_empty(linear):
    found = inspect_variances(linear[0], [1, 2], STEPS, top=3)
    none = torch.tensor([[False, False, True] * 2, [True] * 6])
    assert torch.equal(found["varied_latents"] == NO_LATENT, none)
    assert torch.equal(found["varied_sd"].isnan(), none)
    assert torch.equal(found["varied_gate"].isnan(), none)
    assert torch.equal((found["varied_images"] == 0).flatten(2).all(2), none)
    assert torch.equal((found["varied_variance"] == 0).flatten(2).all(2), none)


@pytest.mark.parametrize(("unit", "power"), [("sd", 1), ("variance", 2)])
def test_pictures_move_one_latent_around_its_slab_mean(linear, unit, power):
    """A linear decoder W z + b has the picture W (omega mu) + b + w_i (mu_i + t sigma_i - omega_i mu_i) at t."""
    posterior, mean, weight, bias = linear
    found = inspect_variances(posterior, [0, 1], STEPS, top=2, unit=unit)
    assert found["varied_images"].shape == (2, 4, 5, 2, 3)
    for image in (0, 1):
        gate, sd = torch.tensor(GATES[image]), torch.tensor(VARIANCES[image]).sqrt()
        base = weight @ (gate * mean[image]) + bias
        for place, latent in enumerate(CHOSEN[image]):
            column, width = weight[:, latent], sd[latent] ** power
            offset = base + column * mean[image, latent] * (1 - gate[latent])
            expected = torch.stack([offset + step * width * column for step in STEPS]).view(5, 2, 3)
            torch.testing.assert_close(found["varied_images"][image, place], expected, rtol=1e-4, atol=1e-5)
            # The unbiased variance of -2, -1, 0, 1, 2 is 10 / 4.
            variance = (2.5 * (width * column) ** 2).view(2, 3)
            torch.testing.assert_close(found["varied_variance"][image, place], variance, rtol=1e-3, atol=1e-5)


def test_the_threshold_decides_which_latents_count(linear):
    """At 0 the six variances alone decide; above the highest gate nothing is left."""
    found = inspect_variances(linear[0], [0], STEPS, threshold=0.0, top=2)
    assert found["varied_latents"].tolist() == [[5, 1, 4, 3]]
    found = inspect_variances(linear[0], [1], STEPS, threshold=0.97, top=2)
    assert found["varied_latents"].tolist() == [CHOSEN[2]]


def test_latents_of_a_model_are_varied_as_those_by_hand(gated, batch):
    """The network's decoder, with other observations in the batch; catches codes of the wrong observation."""
    posterior = gated.posterior(batch[1])
    found = inspect_variances(posterior, [4, 1], STEPS, threshold=0.9, top=1)
    for row, image in enumerate((4, 1)):
        for place, latent in enumerate(found["varied_latents"][row].tolist()):
            assert latent in (0, 1)
            with torch.inference_mode():
                code = posterior.latent.mean[image].clone()
                slab = posterior.latent.slab
                code[latent] = slab.mean[image, latent] + 2 * slab.variance[image, latent].sqrt()
                expected = posterior.decode(code[None])[0, 0]
            torch.testing.assert_close(found["varied_images"][row, place, 4], expected, rtol=1e-4, atol=1e-6)


def test_latents_without_gates_are_refused(build, batch):
    with pytest.raises(TypeError, match="sparse model"):
        inspect_variances(build("vPAIR").posterior(batch[1]), [0], STEPS)
