"""Ranks of the truth: even where it is one of the samples, and bent where these are too sure or off."""

import math

import pytest
import torch

from vspair.evaluation.predictive import PredictiveSamples
from vspair.evaluation.ranks import central_error, tenths, transform, unevenness

PIXELS = 40_000


def shares(spread=1.0, bias=0.0, count=7, seed=0):
    """Samples N(bias, spread^2) of a truth N(0, 1), in one image."""
    generator = torch.Generator().manual_seed(seed)
    samples = bias + spread * torch.randn(count, 1, PIXELS, generator=generator)
    x, uniform = torch.randn(1, PIXELS, generator=generator), torch.rand(1, PIXELS, generator=generator)
    return ranked(samples, x, uniform)


def ranked(samples, x, uniform, resolution=0.0):
    found = tenths(transform(*PredictiveSamples(samples).ranked(x, resolution), len(samples), uniform))
    return [float(found[f"pit_{one + 1}"]) for one in range(10)]


@pytest.mark.parametrize("count", [2, 7, 39])
def test_it_is_even_where_truth_and_samples_are_exchangeable(count):
    """Also with numbers of ranks that tenths do not divide: 4.5 standard errors; without u it would be ragged."""
    found = shares(count=count)
    assert sum(found) == pytest.approx(1)
    assert found == pytest.approx([0.1] * 10, abs=4.5 * math.sqrt(0.09 / PIXELS))
    assert unevenness(found) < 10 * 4.5 * math.sqrt(0.09 / PIXELS)


def test_samples_that_are_too_sure_leave_the_truth_at_the_ends_and_biased_ones_on_one_side():
    sure, unsure, low = shares(spread=0.3), shares(spread=3), shares(bias=-1)
    assert min(sure[0], sure[-1]) > 0.2
    assert max(unsure[0], unsure[-1]) < 0.05
    assert low[-1] > 0.25
    assert low[0] < 0.05
    assert min(map(unevenness, (sure, unsure, low))) > 0.3


@pytest.mark.parametrize("unrounded", [0.0, 0.4])
def test_it_is_even_where_most_values_are_one_recorded_value(unrounded):
    """Whole numbers, three of four pixels 0 in truth and samples; samples may lie off their step's middle.

    4.5 standard errors: catches ties that all count as below or above, as the black of an image does.
    """
    generator = torch.Generator().manual_seed(5)

    def drawn(*shape):
        grey = torch.randint(1, 4, shape, generator=generator)
        return torch.where(torch.rand(shape, generator=generator) < 0.75, 0, grey).double()

    x, samples = drawn(1, PIXELS), drawn(7, 1, PIXELS)
    samples += unrounded * (2 * torch.rand(samples.shape, generator=generator) - 1)
    found = ranked(samples, x, torch.rand(1, PIXELS, generator=generator), 0.5)
    assert found == pytest.approx([0.1] * 10, abs=4.5 * math.sqrt(0.09 / PIXELS))


def test_the_reliability_index_by_hand():
    assert unevenness([0.1] * 10) == pytest.approx(0)
    assert unevenness([1.0] + [0.0] * 9) == pytest.approx(1.8)
    assert unevenness([0.2, 0.0] * 5) == pytest.approx(1)


def test_the_error_of_central_intervals_by_hand():
    """All in the middle: intervals of 20 to 80 % hold all; all at the ends: none does."""
    assert central_error([0.1] * 10) == pytest.approx(0)
    assert central_error([0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0]) == pytest.approx((0.8 + 0.6 + 0.4 + 0.2) / 4)
    assert central_error([0.5, *[0] * 8, 0.5]) == pytest.approx((0.8 + 0.6 + 0.4 + 0.2) / 4)
    # What is missing on one side is there on the other.
    assert central_error([0.2, *[0.1] * 8, 0.0]) == pytest.approx(0)


def test_what_is_no_number_has_no_rank():
    found = tenths(torch.tensor([[0.5, 0.1], [torch.nan, 0.1]]))
    assert found["pit_2"].isnan().tolist() == [False, True]
    assert found["pit_6"][0] == 0.5
