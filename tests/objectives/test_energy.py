"""The energy distance against its definition, scipy and finite differences."""

import pytest
import torch
from scipy.stats import energy_distance as root_of_energy_distance

from vspair.objectives.energy import energy_distance


def batches(n=40, m=30, dimension=2):
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(n, dimension, dtype=torch.float64, generator=generator)
    return first, torch.rand(m, dimension, dtype=torch.float64, generator=generator)


def by_definition(first, second):
    def mean(one, other):
        return sum((a - b).norm().item() for a in one for b in other) / (len(one) * len(other))

    return 2 * mean(first, second) - mean(first, first) - mean(second, second)


def test_it_is_what_its_definition_says():
    first, second = batches()
    assert energy_distance(first, second).item() == pytest.approx(by_definition(first, second), abs=1e-7)


def test_in_one_dimension_it_is_the_square_of_scipys():
    first, second = batches(dimension=1)
    expected = root_of_energy_distance(first[:, 0], second[:, 0]) ** 2
    assert energy_distance(first, second).item() == pytest.approx(expected, abs=1e-7)


def test_equal_batches_are_at_distance_0_and_their_slope_is_finite():
    first = batches()[0].requires_grad_()
    distance = energy_distance(first, first.detach().clone())
    distance.backward()
    assert distance.item() == 0
    assert first.grad.abs().max() < 1e-6


def test_slopes_are_those_of_finite_differences():
    first, second = batches(8, 6)
    assert torch.autograd.gradcheck(energy_distance, (first.requires_grad_(), second.requires_grad_()))


def test_runs_side_by_side_are_each_on_their_own():
    first, second = batches()
    stacked = torch.stack([first, 2 * first])
    found = torch.func.vmap(energy_distance, in_dims=(0, None))(stacked, second)
    expected = torch.stack([energy_distance(each, second) for each in stacked])
    assert torch.allclose(found, expected, atol=1e-12)
