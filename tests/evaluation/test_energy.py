"""Energy score against a slow definition, a library and a closed form, and what it sees that CRPS does not."""

import math

import pytest
import torch

from vspair.evaluation.energy import EnergyScore
from vspair.evaluation.predictive import PredictiveSamples


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rms(vector):
    return vector.square().mean(-1).sqrt()


@pytest.mark.parametrize(("count", "pixels"), [(2, 1), (3, 5), (9, 4)])
def test_it_is_the_fair_estimate_by_its_definition(count, pixels):
    """With all S^2 pairs in the denominator, or without the pairs' half, it would differ."""
    samples, x = normal(count, 6, pixels), normal(6, pixels, seed=1)
    near = torch.stack([rms(sample - x) for sample in samples]).mean(0)
    pairs = [rms(one - other) for one in samples for other in samples]
    expected = near - sum(pairs) / (count * (count - 1)) / 2
    torch.testing.assert_close(EnergyScore(samples, x).at(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.slow
def test_it_is_the_librarys_but_for_the_fair_number_of_pairs():
    import scoringrules

    samples, x = normal(7, 5, 12), normal(5, 12, seed=1)
    near = torch.stack([rms(sample - x) for sample in samples]).mean(0)
    theirs = torch.from_numpy(scoringrules.es_ensemble(x.numpy(), samples.transpose(0, 1).numpy())) / math.sqrt(12)
    ours = EnergyScore(samples, x).at()
    torch.testing.assert_close(near - ours, (near - theirs) * 7 / 6)


@pytest.mark.parametrize("factor", [0.3, 1.0, 2.5])
def test_scaled_samples_are_those_pulled_away_from_their_mean(factor):
    samples, x = normal(9, 4, 6) + 1, normal(4, 6, seed=1)
    mean = samples.mean(0)
    torch.testing.assert_close(
        EnergyScore(samples, x).at(factor), EnergyScore(mean + factor * (samples - mean), x).at(), rtol=1e-9, atol=1e-12
    )


def test_of_one_pixel_it_is_the_crps():
    samples, x = normal(11, 40, 1), normal(40, 1, seed=1)
    torch.testing.assert_close(EnergyScore(samples, x).at(), PredictiveSamples(samples).crps(x)[:, 0])


def test_where_truth_and_samples_have_one_distribution_it_is_half_their_mean_distance():
    """E ||X - X'|| / 2 = Gamma((P + 1) / 2) / (Gamma(P / 2) sqrt(P)) of P standard normals; 4.5 standard errors."""
    pixels, found = 5, EnergyScore(normal(4, 20_000, 5), normal(20_000, 5, seed=1)).at()
    expected = math.gamma((pixels + 1) / 2) / math.gamma(pixels / 2) / math.sqrt(pixels)
    assert float(found.mean()) == pytest.approx(expected, abs=4.5 * float(found.std()) / math.sqrt(len(found)))


def test_it_sees_a_dependence_that_the_crps_does_not():
    """All pixels of the truth move together, those of the samples do not; each pixel by itself is right."""
    x = normal(2_000, 1, seed=1).expand(-1, 8)
    together, apart = normal(6, 2_000, 1, seed=2).expand(-1, -1, 8), normal(6, 2_000, 8, seed=3)
    right, wrong = EnergyScore(together, x).at(), EnergyScore(apart, x).at()
    noise = 4.5 * (right - wrong).std() / math.sqrt(2_000)
    assert wrong.mean() > right.mean() + noise
    crps = [float(PredictiveSamples(samples).crps(x).mean()) for samples in (together, apart)]
    assert crps[0] == pytest.approx(crps[1], abs=0.03)


def test_single_precision_is_enough_where_samples_are_near_each_other():
    """Images about 1 apart from the truth, samples 1e-3 from each other: products of large numbers would cancel."""
    samples, x = 1e-3 * normal(5, 3, 50), normal(3, 50, seed=1)
    torch.testing.assert_close(
        EnergyScore(samples.float(), x.float()).at(), EnergyScore(samples, x).at(), rtol=1e-5, atol=1e-7
    )
