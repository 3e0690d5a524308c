"""The search for localised latents, against a linear decoder whose every change is known and against plain loops."""

import numpy as np
import pandas as pd
import pytest
import torch

from vspair.evaluation import Perturbation, localise
from vspair.evaluation import localisation as module

IMAGES, LATENTS, CONDITION, SAMPLES, SIDE = 12, 6, 2, 4, 5
LEVELS = (-4.0, -0.5, 2.0)
NO_HOLES, ALL_HOLES, NONE_ACTIVE, NONE_CONSISTENT = range(4)
ZERO, SOMETIMES, NO_EFFECT, MEAN_ZERO = 0, 1, 2, 3
SEARCH = ["latent", "ratio", "change"]


class Linear:
    """A posterior with given codes and decoder x = b + J^T [z, c]; notes how many codes each call decodes."""

    latents = LATENTS

    def __init__(self):
        generator = np.random.default_rng(0)
        codes = generator.uniform(0.5, 2, (SAMPLES, IMAGES, LATENTS + CONDITION))
        codes[:, :, ZERO] = 0
        codes[2, :, SOMETIMES] = 0
        codes[:, :, MEAN_ZERO] = np.array([1.5, -1.5, 0.25, -0.25])[:, None]
        codes[:, NONE_ACTIVE, :LATENTS] = 0
        codes[1, NONE_CONSISTENT, :LATENTS] = 0
        codes[:, :, LATENTS:] = np.arange(IMAGES)[:, None] + 1
        jacobian = generator.uniform(0.1, 1, (LATENTS + CONDITION, SIDE * SIDE))
        jacobian[NO_EFFECT] = 0
        self.codes, self.jacobian = (torch.tensor(part, dtype=torch.float32) for part in (codes, jacobian))
        self.lost = torch.tensor(generator.random((IMAGES, 1, SIDE, SIDE)) < 0.4)
        self.lost[NO_HOLES], self.lost[ALL_HOLES] = False, True
        self.observation = torch.arange(IMAGES).reshape(-1, 1, 1, 1)
        self.decoded = []

    def posterior(self, y):
        self.shown = y[:, 0, 0, 0]
        return self

    def sample_latent(self, n, generator=None):
        return self.codes[:n, self.shown]

    def decode(self, codes):
        condition = codes[:, LATENTS:]
        assert torch.equal(condition[:, 0], condition[:, 1]), "one of two equal conditions was moved"
        assert torch.isin(condition - 1, self.shown).all(), "a condition is no image's"
        self.decoded.append(len(codes))
        return (codes @ self.jacobian - 0.3).reshape(-1, 1, SIDE, SIDE)

    def closed_form(self):
        """Change in the holes and ratio, each (images, latents), NaN where there is no effect; which are active."""
        draws = self.codes.double().numpy()[..., :LATENTS]
        squares = self.jacobian.double().numpy()[:LATENTS] ** 2
        inside, outside = np.full((2, IMAGES, LATENTS), np.nan)
        for image, holes in enumerate(self.lost.flatten(1).numpy()):
            scale = draws[:, image].mean(0) ** 2 * np.mean(np.square(LEVELS))
            if holes.any() and not holes.all():
                inside[image] = scale * squares[:, holes].mean(1)
                outside[image] = scale * squares[:, ~holes].mean(1)
        inside[inside < 1e-12] = np.nan
        return inside, inside / outside, (draws != 0).any(0), (draws != 0).all(0)


def best(name, ratio, change, allowed):
    """The latent of the highest ratio among those allowed in each image, by loops."""
    lines = []
    for r, c, a in zip(ratio, change, allowed, strict=True):
        known = [j for j in range(len(r)) if a[j] and not np.isnan(r[j])]
        top = max(known, key=lambda j: r[j], default=None)
        lines.append((np.nan,) * 3 if top is None else (top, r[top], c[top]))
    return pd.DataFrame(lines, columns=[f"{name}_{part}" for part in SEARCH])


def assert_is(found, change, ratio, active, consistent, rtol):
    """The whole result of a search is what ratios and changes say."""
    expected = pd.concat([best("consistent", ratio, change, consistent), best("all", ratio, change, active)], axis=1)
    expected.insert(0, "active", active.sum(1))
    expected.insert(0, "consistent", consistent.sum(1))
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=rtol)


@pytest.mark.parametrize("batch_size", [1, 5, 100])
@pytest.mark.parametrize("at_once", [1, 7, 10**6])
def test_a_linear_decoder_has_the_closed_form(monkeypatch, batch_size, at_once):
    """Moving latent j by level p changes pixel k by p m_j J_jk, so that ratios are those of mean J_j^2.

    Catches another average over levels or samples, a ratio turned round, a search among the wrong latents, images that
    change places between batches or passes, and a condition that is perturbed (`Linear.decode` looks).
    """
    monkeypatch.setattr(module, "PERTURBED_AT_ONCE", at_once)
    method = Linear()
    found = localise(method, method.observation, method.lost, LEVELS, SAMPLES, batch_size, torch.Generator())
    change, ratio, active, consistent = method.closed_form()
    assert_is(found, change, ratio, active, consistent, rtol=1e-4)
    # One decoding per image, and one per active latent and level: what is zero in all samples costs nothing.
    assert sum(method.decoded) == IMAGES + active.sum() * len(LEVELS)
    assert max(method.decoded) <= max(at_once, len(LEVELS), min(batch_size, IMAGES))


def test_the_cases_of_the_linear_decoder_are_told_apart():
    """The closed form above really holds every case that the search must tell apart."""
    method = Linear()
    found = localise(method, method.observation, method.lost, LEVELS, SAMPLES, 5, torch.Generator())
    assert found.loc[NONE_ACTIVE, ["consistent", "active"]].tolist() == [0, 0]
    assert found.loc[NONE_CONSISTENT, ["consistent", "active"]].tolist() == [0, LATENTS - 1]
    assert found["all_ratio"].isna().to_numpy().nonzero()[0].tolist() == [NO_HOLES, ALL_HOLES, NONE_ACTIVE]
    assert found["consistent_ratio"].isna().sum() == 4
    assert (found["consistent_latent"] != found["all_latent"])[4:].any()
    assert found["all_latent"].nunique() > 1
    assert not {ZERO, NO_EFFECT, MEAN_ZERO} & set(found["all_latent"])
    assert SOMETIMES not in set(found["consistent_latent"])
    assert (found["all_ratio"] >= found["consistent_ratio"])[4:].all()


@pytest.mark.parametrize(("inside", "outside"), [(1, 0), (0, 1), (1, 1e-7), (1e-7, 1), (1e-7, 1e-7), (0, 0)])
def test_a_latent_needs_an_effect_beyond_rounding_in_both_regions(inside, outside):
    """A ratio of an effect to rounding says nothing; 1e-7 of a code of order one is float32's rounding."""
    method = Linear()
    image = IMAGES - 1
    holes = method.lost[image].flatten()
    method.jacobian[:LATENTS] = 0
    method.jacobian[5, holes], method.jacobian[5, ~holes] = inside, outside
    found = localise(method, method.observation, method.lost, LEVELS, SAMPLES, 5, torch.Generator()).iloc[image]
    assert found[["consistent", "active"]].tolist() == [LATENTS - 2, LATENTS - 1]
    assert found.drop(["consistent", "active"]).isna().all()


def test_only_what_is_asked_for_is_measured():
    method = Linear()
    perturbation = Perturbation(method.posterior(method.observation), SAMPLES, None)
    which = torch.zeros(IMAGES, LATENTS, dtype=torch.bool)
    which[4, 5] = which[7, 1] = True
    inside, outside = perturbation.changes(which, LEVELS, (method.lost, ~method.lost))
    assert torch.equal(inside.isnan(), ~which)
    assert torch.equal(outside.isnan(), ~which)
    nothing, _ = perturbation.changes(torch.zeros_like(which), LEVELS, (method.lost, ~method.lost))
    assert nothing.isnan().all()


@pytest.mark.parametrize("image", [4, 6])
def test_pictures_are_means_over_draws_with_the_latent_moved_in_each(image):
    """Linear decoder: the mean of the draws moves by p m_j J_j; level 0 leaves it."""
    method = Linear()
    perturbation = Perturbation(method.posterior(method.observation), SAMPLES, None)
    latents, levels = torch.tensor([5, 1]), (-1.0, 0.0, 3.0)
    found = perturbation.mean_reconstructions(image, latents, levels)
    mean = method.codes[:, image].mean(0)
    moved = [[mean @ method.jacobian - 0.3 + p * mean[j] * method.jacobian[j] for p in levels] for j in latents]
    expected = torch.stack([torch.stack(row) for row in moved]).reshape(2, 3, 1, SIDE, SIDE)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def in_loops(posterior, codes, lost):
    """Change in the holes, ratio, active and consistent latents by loops over images, latents and levels."""
    latents = posterior.latents
    inside, outside = np.full((2, len(lost), latents), np.nan)
    for image, holes in enumerate(lost[:, 0].numpy()):
        code = codes[:, image].mean(0)
        base = posterior.decode(code[None])[0, 0]
        for latent in range(latents):
            effects = []
            for level in LEVELS:
                moved = code.clone()
                moved[latent] = moved[latent] * (1 + level)
                effects.append((posterior.decode(moved[None])[0, 0] - base).square().numpy())
            if codes[:, image, latent].any():
                inside[image, latent] = np.mean([effect[holes].mean() for effect in effects])
                outside[image, latent] = np.mean([effect[~holes].mean() for effect in effects])
    on = (codes[..., :latents] != 0).numpy()
    return inside, inside / outside, on.any(0), on.all(0)


def test_a_real_model_is_searched_as_by_loops(build, batch, latent_name):
    """A decoder that is not linear: catches a mean of ratios for the ratio of means."""
    model = build(latent_name)
    lost = batch[1] != batch[0]
    found = localise(model, batch[1], lost, LEVELS, 3, 6, torch.Generator().manual_seed(1))
    with torch.inference_mode():
        posterior = model.posterior(batch[1])
        codes = posterior.sample_latent(3, torch.Generator().manual_seed(1))
        expected = in_loops(posterior, codes, lost)
    assert_is(found, *expected, rtol=1e-3)
    assert found["all_ratio"].notna().all()


def test_a_model_with_every_gate_shut_has_no_latent_to_find(build, batch):
    """Catches an empty pass through the decoder."""
    model = build("sVAE")
    heads = model.autoencoder.encoder.heads
    heads.bias.data[-len(heads.bias) // 3 :] = -1e4
    found = localise(model, batch[1], batch[1] != batch[0], LEVELS, 3, 4, torch.Generator().manual_seed(1))
    assert (found[["consistent", "active"]] == 0).all(axis=None)
    assert found.drop(columns=["consistent", "active"]).isna().all(axis=None)
    assert len(found) == 6
