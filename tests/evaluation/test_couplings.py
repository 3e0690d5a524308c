"""Monge gaps of maps that are known to be optimal or not, and intervals of draws from the true law."""

import pytest
import torch
from scipy.optimize import linear_sum_assignment

from vspair.distributions.mixture import GaussianMixture, on_sphere
from vspair.evaluation.couplings import cheapest, interval_coverage, monge_gap
from vspair.objectives.costs import COSTS, euclidean, geodesic, squared


def points(n=60, dimension=2):
    return torch.randn(n, dimension, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "optimal", [lambda x: x + torch.tensor([3.0, -1.0]), lambda x: x @ torch.tensor([[2.0, 0.5], [0.5, 1.0]])]
)
def test_the_gradient_of_a_convex_function_has_no_gap(optimal):
    source = points()
    assert monge_gap(source, optimal(source), squared) == pytest.approx(0, abs=1e-9)


def test_a_reflection_has_a_gap_and_so_has_a_cyclic_shift():
    source = points()
    assert monge_gap(source, -source, squared) > 1
    assert monge_gap(source, source.roll(1, 0), squared) == pytest.approx(
        squared(source, source.roll(1, 0)).mean().item(), rel=1e-5
    )


@pytest.mark.parametrize("cost", list(COSTS))
def test_the_cheapest_permutation_is_scipys(cost):
    source, target = on_sphere(points(dimension=3)), on_sphere(points(dimension=3).roll(7, 0) + 0.5)
    order, mean = cheapest(source, target, COSTS[cost])
    costs = COSTS[cost](source.double()[:, None], target.double()[None])
    rows, columns = linear_sum_assignment(costs)
    assert sorted(order.tolist()) == list(range(60))
    assert mean == pytest.approx(costs[rows, columns].mean().item(), rel=1e-9)
    assert costs[torch.arange(60), order].mean().item() == pytest.approx(mean, rel=1e-9)


def test_costs_on_the_sphere_know_angles():
    east, north = torch.tensor([1.0, 0, 0], dtype=torch.float64), torch.tensor([0, 0, 1.0], dtype=torch.float64)
    assert geodesic(east, north).item() == pytest.approx(torch.pi / 2, abs=1e-6)
    assert geodesic(east, -east).item() == pytest.approx(torch.pi, abs=1e-5)
    assert euclidean(east, north).item() == pytest.approx(2**0.5, abs=1e-6)
    assert squared(east, north).item() == pytest.approx(2)


def test_intervals_of_the_true_law_cover_what_they_say():
    eye = torch.eye(2, dtype=torch.float64).expand(2, 2, 2)
    means = torch.tensor([[[-2.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [4.0, 1.0]]], dtype=torch.float64)
    law = GaussianMixture(torch.full((2, 2), 0.5, dtype=torch.float64), means, eye)
    draws = law.sample(20_000, torch.Generator().manual_seed(1))
    assert torch.allclose(interval_coverage(draws, law, 0.9), torch.full((2, 2), 0.9, dtype=torch.float64), atol=0.01)
    narrow = draws.mean(0) + 0.1 * (draws - draws.mean(0))
    assert (interval_coverage(narrow, law, 0.9) < 0.3).all()
