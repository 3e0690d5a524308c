"""Conformal intervals of one number an image: split conformal prediction by hand, groups, and what has no value."""

import math

import numpy as np
import pytest
import torch

from vspair.evaluation.functionals import functional_numbers, prefixed
from vspair.evaluation.grouping import Parts, parts_of

S, COUNT, LEVELS = 199, 800, (0.5, 0.9)


def gaussian(k=1.0, bias=0.0, count=COUNT, seed=0):
    """Functional N(m, 1) of the truth for samples N(m + bias, k^2)."""
    generator = torch.Generator().manual_seed(seed)
    centre = torch.randn(count, generator=generator, dtype=torch.float64)
    truth = centre + torch.randn(count, generator=generator, dtype=torch.float64)
    draws = centre + bias + k * torch.randn(S, count, generator=generator, dtype=torch.float64)
    return torch.cat([truth[None], draws])


def run(pool, group=None, delta=0.1, half=1e-6, levels=LEVELS):
    unit = "image" if group is None else "group"
    parts = parts_of(group, pool.shape[1], 0.5, unit, np.random.default_rng(0))
    half_step = torch.full((pool.shape[1],), half, dtype=torch.float64)
    return functional_numbers(pool, half_step, parts, levels, delta)


@pytest.mark.parametrize(("k", "bias"), [(1.0, 0.0), (0.3, 0.0), (2.0, 0.0), (0.5, 1.0)])
def test_scaled_intervals_hold_what_they_say(k, bias):
    """To 4.5 standard errors of 400 images that fit and 400 that are reported; without bias the factor is 1 / k."""
    found = run(gaussian(k, bias))
    for level, name in zip(LEVELS, ("50", "90"), strict=True):
        tolerance = 4.5 * math.sqrt(2 * level * (1 - level) / 400)
        assert found["scaled"][f"coverage_{name}"] == pytest.approx(level, abs=tolerance)
        if not bias:
            assert found["scaled"][f"factor_{name}"] == pytest.approx(1 / k, rel=0.2)
            assert found["scaled"][f"width_{name}"] == pytest.approx(found["raw"][f"width_{name}"] / k, rel=0.2)
    assert found["assured"]["factor_90"] > found["scaled"]["factor_90"]
    assert (found["raw"]["coverage_90"] < 0.8) == (k < 1)


def test_the_factor_is_the_order_statistic_of_split_conformal_prediction():
    """The ceil((n + 1) c)-th of n critical values |x - m| / half."""
    pool = gaussian(0.5)
    found = run(pool)
    draws = np.sort(pool[1:, : COUNT // 2].numpy(), 0)
    mean, truth = draws.mean(0), pool[0, : COUNT // 2].numpy()
    low, high = draws[9], draws[189]  # ranks 0.05 * 200 and 0.95 * 200
    critical = np.sort(np.where(truth >= mean, (truth - mean) / (high - mean), (mean - truth) / (mean - low)))
    assert found["scaled"]["factor_90"] == pytest.approx(critical[math.ceil(401 * 0.9) - 1])


def test_raw_coverage_and_width_are_of_the_reported_images():
    pool = gaussian()
    found, half = run(pool), COUNT // 2
    draws = np.sort(pool[1:, half:].numpy(), 0)
    low, high = draws[9], draws[189]
    truth = pool[0, half:].numpy()
    assert found["raw"]["coverage_90"] == pytest.approx(((low <= truth) & (truth <= high)).mean())
    assert found["raw"]["width_90"] == pytest.approx((high - low).mean())


def test_groups_are_the_units():
    """Biased groups: coverage is a mean over groups, and five groups that fit support no level of 90 %."""
    pool = gaussian(count=400)
    group = np.arange(400) % 10
    pool[0, torch.from_numpy(group == 3)] += 100
    found = run(pool, group)
    assert found["scaled"]["coverage_90"] is None
    assert found["scaled"]["factor_90"] is None
    assert found["scaled"]["factor_50"] > 0
    wide = run(pool, np.arange(400) % 40)
    assert wide["scaled"]["factor_90"] > 0


def test_images_without_a_value_are_left_out():
    pool = gaussian()
    lacking = pool.clone()
    lacking[:, ::4] = torch.nan
    kept = torch.arange(COUNT) % 4 != 0
    fitted = np.arange(COUNT) < COUNT // 2
    expected = functional_numbers(
        pool[:, kept],
        torch.full((int(kept.sum()),), 1e-6, dtype=torch.float64),
        Parts(fitted[kept.numpy()], "image", np.arange(int(kept.sum()))),
        LEVELS,
        0.1,
    )
    assert run(lacking) == expected
    nothing = run(torch.full((S + 1, COUNT), torch.nan, dtype=torch.float64))
    assert set(nothing["raw"].values()) == set(nothing["scaled"].values()) == {None}


def test_a_value_known_to_half_a_step_is_not_claimed_better():
    """Samples all at one value, the truth a third of a step away: inside, and the interval is a step wide."""
    pool = torch.zeros(S + 1, COUNT, dtype=torch.float64)
    pool[0] = 0.3
    found = run(pool, half=0.5)
    assert (found["raw"]["coverage_50"], found["raw"]["width_50"]) == (1, 1)
    assert found["scaled"]["width_90"] == 1


def test_names():
    assert prefixed("centre", {"raw": {"coverage_90": 0.5}}) == {"raw": {"centre_coverage_90": 0.5}}
