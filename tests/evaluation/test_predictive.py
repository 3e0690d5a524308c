"""Credible intervals and CRPS from samples: ranks, coverage and scores against numpy and closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from vspair.errors import VspairError
from vspair.evaluation.predictive import PredictiveSamples, level_name, require_samples

TINY = 1e-9  # a resolution that no half-width is below


def exponential(*shape, seed=0):
    return torch.empty(shape).exponential_(generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("samples", [2, 3, 10, 99])
@pytest.mark.parametrize("p", ["1/100", "1/4", "1/2", "19/20", "99/100"])
def test_quantiles_are_numpys_weibull_quantiles(samples, p):
    """Another rule of interpolation, an unsorted sample, or extremes overshot would differ."""
    draws = exponential(samples, 3, 4)
    predictive = PredictiveSamples(draws)
    expected = np.quantile(draws.numpy(), float(Fraction(p)), axis=0, method="weibull")
    np.testing.assert_allclose(predictive.quantile(Fraction(p)) + predictive.mean, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("samples", "level"), [(3, 0.5), (7, 0.5), (9, 0.8), (19, 0.9), (39, 0.95), (79, 0.95)])
def test_coverage_is_exact_with_few_samples(samples, level):
    """Truth exchangeable with the samples, not Gaussian: 4.5 standard errors of 200,000 pixels.

    The usual quantiles, with positions p (S - 1) + 1, would cover 1/4 instead of 1/2 of the truths with 3 samples.
    """
    values = exponential(samples + 1, 400, 500)
    predictive = PredictiveSamples(values[1:])
    tail = (1 - Fraction(str(level))) / 2
    deviation = values[0] - predictive.mean
    inside = (deviation >= predictive.quantile(tail)) & (deviation <= predictive.quantile(1 - tail))
    assert abs(inside.double().mean() - level) < 4.5 * math.sqrt(level * (1 - level) / inside.numel())


@pytest.mark.parametrize("resolution", [TINY, 0.3])
def test_inside_means_between_the_quantiles_or_within_the_resolution_of_the_mean(resolution):
    """Samples so skewed that the mean lies outside of some intervals of level 0.5."""
    values = exponential(8, 200, 100).double() ** 4
    x, draws = values[0], values[1:].numpy()
    predictive = PredictiveSamples(values[1:])
    low, high = np.quantile(draws, [0.25, 0.75], axis=0, method="weibull")
    mean = draws.mean(0)
    assert (mean > high).any()
    expected = (x.numpy() >= np.minimum(low, mean - resolution)) & (x.numpy() <= np.maximum(high, mean + resolution))
    np.testing.assert_array_equal(predictive.critical(x, 0.5, resolution) <= 1, expected)


def test_the_critical_value_is_the_stretch_that_just_reaches_the_truth():
    """Samples 1 to 9 with mean 5: the central 80 % lie between 1 and 9, both halves are 4."""
    draws = torch.arange(1.0, 10.0)[:, None, None].expand(9, 1, 4)
    x = torch.tensor([[5.0, 9.0, 3.0, 13.0]])
    torch.testing.assert_close(PredictiveSamples(draws).critical(x, 0.8, 0.1), torch.tensor([[0.0, 1.0, 0.5, 2.0]]))
    skewed = torch.tensor([0.0, 0, 0, 0, 0, 0, 0, 0, 9])[:, None, None].expand(9, 1, 2)  # mean 1: halves 1 and 8
    x = torch.tensor([[-1.0, 5.0]])
    torch.testing.assert_close(PredictiveSamples(skewed).critical(x, 0.8, 0.1), torch.tensor([[2.0, 0.5]]))


def test_samples_that_agree_are_trusted_to_half_a_grey_level():
    """Within half a level the truth counts as met: no stretch, a factor below 1 neither, may ask for less."""
    draws = torch.full((19, 1, 3), -1.0)
    x = torch.tensor([[-1.0, -0.998, -0.992]])
    critical = PredictiveSamples(draws).critical(x, 0.9, 0.004)
    torch.testing.assert_close(critical, torch.tensor([[0.0, 0.0, 2.0]]), rtol=1e-4, atol=0)


def test_mean_and_variance_are_the_unbiased_ones():
    draws = exponential(5, 3, 4)
    predictive = PredictiveSamples(draws)
    np.testing.assert_allclose(predictive.mean, draws.numpy().mean(0), rtol=1e-6)
    np.testing.assert_allclose(predictive.variance, draws.numpy().var(0, ddof=1), rtol=1e-5)


@pytest.mark.parametrize("factor", [1.0, 0.4, 3.0])
def test_crps_is_the_fair_estimate_of_the_stretched_samples(factor):
    """Against all pairs of samples; dividing by S^2 instead of S (S - 1) would be off by a tenth of the spread."""
    draws, x = exponential(9, 3, 4).double(), exponential(3, 4, seed=1).double()
    stretched = draws.mean(0) + factor * (draws - draws.mean(0))
    spread = (stretched[:, None] - stretched).abs().sum((0, 1)) / (9 * 8)
    expected = (stretched - x).abs().mean(0) - spread / 2
    torch.testing.assert_close(PredictiveSamples(draws).crps(x, factor), expected)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1.0, 0.4, 3.0])
def test_crps_is_that_of_scoringrules(factor):
    import scoringrules

    draws, x = exponential(99, 3, 4).double(), exponential(3, 4, seed=1).double()
    stretched = draws.mean(0) + factor * (draws - draws.mean(0))
    expected = scoringrules.crps_ensemble(x.numpy(), stretched.numpy(), m_axis=0, estimator="fair")
    np.testing.assert_allclose(PredictiveSamples(draws).crps(x, factor), expected, rtol=1e-10)


@pytest.mark.parametrize("samples", [3, 40])
def test_crps_of_a_gaussian_has_its_closed_form_whatever_the_number_of_samples(samples):
    """E CRPS(N(0, k^2), x) = sqrt(2/pi) sqrt(1 + k^2) - k / sqrt(pi) for x ~ N(0, 1); 4.5 standard errors."""
    k = 0.6
    generator = torch.Generator().manual_seed(3)
    scores = PredictiveSamples(k * torch.randn(samples, 200, 500, generator=generator)).crps(
        torch.randn(200, 500, generator=generator)
    )
    expected = math.sqrt(2 / math.pi) * math.sqrt(1 + k**2) - k / math.sqrt(math.pi)
    assert abs(scores.mean() - expected) < 4.5 * scores.std() / math.sqrt(scores.numel())


def test_no_tensor_is_made_on_another_device():
    """The meta device stands in for a GPU: tensors made on the CPU do not mix with it."""
    draws, x = torch.empty(9, 3, 4, device="meta"), torch.empty(3, 4, device="meta")
    predictive = PredictiveSamples(draws)
    assert predictive.crps(x).device.type == predictive.critical(x, 0.8, 0.1).device.type == "meta"


@pytest.mark.parametrize(("level", "needed"), [(0.5, 3), (0.6, 4), (0.7, 6), (0.8, 9), (0.9, 19), (0.95, 39)])
def test_a_level_needs_samples_in_both_tails(level, needed):
    """The least S with (1 - c) (S + 1) / 2 >= 1; binary fractions would ask for 10 and 20 at 0.8 and 0.9."""
    require_samples([level], needed)
    with pytest.raises(
        VspairError, match=rf"at least {needed} posterior samples .* level {level}, found .*={needed - 1}"
    ):
        require_samples([0.5, level], needed - 1) if level != 0.5 else require_samples([level], needed - 1)


def test_levels_are_named_in_percent():
    assert [level_name(level) for level in (0.5, 0.55, 0.9, 0.95, 0.975)] == ["50", "55", "90", "95", "97.5"]


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_width_and_score_of_the_stretched_interval_are_the_librarys(level, factor):
    import scoringrules

    draws, x = exponential(19, 30, 20).double(), exponential(30, 20, seed=1).double()
    predictive = PredictiveSamples(draws)
    low, high = (np.quantile(draws, p, axis=0, method="weibull") for p in ((1 - level) / 2, (1 + level) / 2))
    mean = draws.mean(0).numpy()
    low, high = mean - factor * np.maximum(mean - low, TINY), mean + factor * np.maximum(high - mean, TINY)
    width, score = predictive.interval_score(x, level, TINY, factor)
    np.testing.assert_allclose(width, high - low, rtol=1e-6, atol=2e-9)
    expected = scoringrules.interval_score(x.numpy(), low, high, 1 - level)
    np.testing.assert_allclose(score, expected, rtol=1e-6, atol=1e-7)


def test_no_interval_is_narrower_than_the_resolution():
    predictive = PredictiveSamples(torch.full((19, 1, 2), 0.4))
    width, score = predictive.interval_score(torch.tensor([[0.4, 0.7]]), 0.9, 0.1, factor=0.2)
    assert width.tolist() == [pytest.approx([0.2, 0.2])]
    assert score.tolist() == [pytest.approx([0.2, 0.2 + 20 * 0.2])]
