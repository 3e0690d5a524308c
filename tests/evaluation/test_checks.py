"""Are the samples the posterior's: where it is known the right ones pass, and wrong ones fail with the right sign."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch

from vspair.config.evaluation import Functional
from vspair.distributions.linear_gaussian import LinearGaussian
from vspair.distributions.mixture import GaussianMixture
from vspair.evaluation.checks import DRAWS, PosteriorChecks
from vspair.evaluation.grouping import parts_of
from vspair.evaluation.scalars import nearest

COUNT, SAMPLES, LEVELS = 600, 39, (0.5, 0.9)
MEAN = {"whole": Functional(statistic="mean", region="all")}


def gaussian_pairs(spread=1.0, shift=0.0, seed=0):
    """x, references, and samples of the exact posterior about its mean, spread and shifted."""
    generator = torch.Generator().manual_seed(seed)
    law = LinearGaussian.drawn(6, 3, 2, 0.3, 0.3, generator)
    qoi, observation = law.pairs(COUNT, generator)
    reference, _ = law.pairs(COUNT, generator)
    posterior = law.posterior(observation)
    draws = posterior.sample(generator, (SAMPLES,))
    return qoi, reference, posterior.mean + shift + spread * (draws - posterior.mean)


def mixture_pairs(seed=0):
    """The same for a mixture of eight components in the plane, seen by one measurement."""
    generator = torch.Generator().manual_seed(seed)
    law = GaussianMixture.drawn(8, 2, 1.0, (0.01, 0.04), "uniform", generator)
    operator = torch.tensor([[0.6, 0.8]])
    qoi, reference = law.sample(COUNT, generator), law.sample(COUNT, generator)
    observation = qoi @ operator.mT + 0.1 * torch.randn(COUNT, 1, generator=generator)
    return qoi, reference, law.posterior(operator, 0.1, observation).sample(SAMPLES, generator)


def check(qoi, reference, samples, group=None, batch=100, functionals=MEAN, misfit=None, order=None, lost=None):
    checks = PosteriorChecks(qoi, lost, reference, functionals, misfit, 1e-6, np.random.default_rng(1))
    for places in (torch.arange(len(qoi)) if order is None else order).split(batch):
        checks.take(places, samples[:, places])
    unit = "image" if group is None else "group"
    return checks.found(parts_of(group, len(qoi), 0.5, unit, np.random.default_rng(0)), LEVELS, 0.1)


def p_values(numbers):
    return {name: value for name, value in numbers.items() if name.endswith("_p")}


@pytest.mark.parametrize("pairs", [gaussian_pairs, mixture_pairs])
def test_the_exact_posterior_passes(pairs):
    """Of five p-values none below 0.001, and the area within 4.5 standard errors of 0."""
    numbers = check(*pairs()).summary["posterior"]
    assert len(p_values(numbers)) == 5
    assert min(p_values(numbers).values()) > 1e-3
    assert abs(numbers["tarp_area"]) < 4.5 * numbers["tarp_area_se"]
    assert numbers["sbc_mean_spread"] == pytest.approx(1, abs=4.5 * math.sqrt(0.8 / COUNT))
    assert numbers["sbc_mean_bias"] == pytest.approx(0, abs=4.5 / math.sqrt(12 * COUNT))


@pytest.mark.parametrize(("spread", "sign"), [(0.6, -1), (1.6, 1)])
def test_a_wrong_width_fails_with_its_sign(spread, sign):
    """Too sure: areas below 0, ranks at both ends, the truth farther from the centre; too wide: the other way."""
    numbers = check(*gaussian_pairs(spread)).summary["posterior"]
    assert max(numbers[name] for name in ("sbc_mean_p", "sbc_projection_p", "sbc_distance_p", "tarp_p")) < 1e-4
    assert sign * numbers["tarp_area"] > 4.5 * numbers["tarp_area_se"]
    assert sign * (1 - numbers["sbc_mean_spread"]) > 0.2
    assert -sign * numbers["sbc_distance_bias"] > 0.1


def test_a_shift_fails_with_its_sign():
    """Samples too high leave the truth at low ranks; the spread about the mean is not shifted."""
    numbers = check(*gaussian_pairs(shift=0.5)).summary["posterior"]
    assert max(numbers["sbc_mean_p"], numbers["tarp_p"]) < 1e-4
    assert numbers["sbc_mean_bias"] < -0.2
    assert numbers["sbc_deviation_p"] > 1e-3


def test_samples_that_ignore_the_observation_are_told_by_references_near_to_it():
    """Samples of the prior pass wherever the number does not depend on y, and fail with the x of the nearest y."""
    generator = torch.Generator().manual_seed(5)
    law = LinearGaussian.drawn(6, 3, 2, 0.3, 0.3, generator)
    (qoi, observation), (other, seen) = (law.pairs(COUNT, generator) for _ in range(2))
    prior = law.prior.sample(generator, (SAMPLES, COUNT))
    exact = law.posterior(observation).sample(generator, (SAMPLES,))
    near = other[nearest(observation, seen)]
    assert min(p_values(check(qoi, other, prior).summary["posterior"]).values()) > 1e-3
    assert check(qoi, near, prior).summary["posterior"]["tarp_p"] < 1e-6
    assert check(qoi, near, exact).summary["posterior"]["tarp_p"] > 1e-3


def test_nothing_depends_on_batches_or_their_order():
    pairs = gaussian_pairs()
    expected = check(*pairs)
    found = check(*pairs, batch=7, order=torch.randperm(COUNT, generator=torch.Generator().manual_seed(3)))
    pd.testing.assert_frame_equal(found.images, expected.images, rtol=1e-6)
    pd.testing.assert_frame_equal(found.curves, expected.curves)
    assert found.summary["raw"] == pytest.approx(expected.summary["raw"])


def test_columns_curves_and_numbers_are_of_one_another():
    found = check(*gaussian_pairs())
    numbers, images = found.summary["posterior"], found.images
    assert numbers["sbc_mean_bias"] == pytest.approx(images["rank_mean"].mean() - 0.5)
    assert numbers["tarp_area"] == pytest.approx(5 / 8 - images["credibility"].clip(lower=0.5).mean())
    curves = found.curves.groupby("kind", sort=False)
    assert list(curves.groups) == ["mean", "deviation", "projection", "distance", "tarp"]
    bins = curves.get_group("mean")
    assert bins["y"].tolist() == pytest.approx(np.histogram(images["rank_mean"], 10, (0, 1))[0] / COUNT)
    assert ((bins["low"] < 0.1) & (bins["high"] > 0.1)).all()
    tarp = curves.get_group("tarp")
    expected = [(images["credibility"] < alpha).mean() for alpha in tarp["x"]]
    assert tarp["y"].tolist() == pytest.approx(expected)
    assert (found.summary["tested_images"], found.summary["tested_units"]) == (COUNT, COUNT)
    assert json.loads(json.dumps(found.summary, allow_nan=False)) == found.summary


def test_images_of_one_group_count_once():
    """Every image twelve times: by images the p-value of a slight bias would be tiny, by groups it is that of 50."""
    qoi, reference, samples = (part[..., :50, :].repeat_interleave(12, -2) for part in gaussian_pairs(shift=0.05))
    group = np.repeat(np.arange(50), 12)
    grouped = check(qoi, reference, samples, group).summary
    alone = check(qoi, reference, samples).summary
    assert (grouped["tested_images"], grouped["tested_units"]) == (600, 50)
    assert grouped["posterior"]["sbc_mean_p"] > 100 * alone["posterior"]["sbc_mean_p"]
    assert grouped["posterior"]["sbc_mean_bias"] == pytest.approx(alone["posterior"]["sbc_mean_bias"])


def test_misfits_are_means_over_the_first_draws_beside_that_of_the_truth():
    qoi, reference, samples = gaussian_pairs()
    weight = torch.arange(COUNT)

    def misfit(values, places):
        return {"off": (values - qoi[places]).abs().sum(1) + weight[places]}

    found = check(qoi, reference, samples, misfit=misfit)
    expected = (samples[:DRAWS] - qoi).abs().sum(2).mean(0) + weight
    assert found.images["off"].to_numpy() == pytest.approx(expected.numpy())
    assert found.images["truth_off"].to_numpy() == pytest.approx(weight.numpy())
    assert found.summary["posterior"]["off"] == pytest.approx(expected.mean().item())


def test_what_some_images_lack_is_counted():
    """Holes in half of the images: their mean has no rank elsewhere, and a functional of them no interval."""
    qoi, reference, samples = (part.reshape(*part.shape[:-1], 2, 3) for part in gaussian_pairs())
    lost = torch.zeros_like(qoi, dtype=torch.bool)
    lost[::2, 0] = True
    functionals = {"ink": Functional(statistic="sum", region="holes")}
    found = check(qoi, reference, samples, lost=lost, functionals=functionals)
    assert found.images["rank_holes"].isna().tolist() == [False, True] * (COUNT // 2)
    assert found.summary["undefined"] == {"ink": COUNT // 2}
    assert found.summary["scaled"]["ink_coverage_90"] == pytest.approx(0.9, abs=0.11)
    assert found.summary["posterior"]["sbc_holes_p"] > 1e-3
