"""Optimisers without the compiler: bit for bit torch's own, in numbers, state and arguments."""

import pytest
import torch
from torch import nn

from vspair.training.adam import LBFGS, Adam

ARGUMENTS = [
    {"lr": 1e-2, "fused": True},
    {"lr": 1e-3, "fused": True, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1, "amsgrad": True},
    {"lr": 1e-2, "foreach": True},
    {"lr": 1e-2, "foreach": False, "maximize": True},
]


@pytest.fixture
def network(one_thread):
    """Builds the same small network each time, with a weight that takes no part and so never has a gradient."""

    def network():
        torch.manual_seed(4)
        layers = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.SiLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
        layers.idle = nn.Parameter(torch.ones(3))
        return layers.to(memory_format=torch.channels_last)

    return network


def steps(network, optimiser, count, first=0):
    """Steps of a regression, each on pairs of its own."""
    for step in range(first, first + count):
        generator = torch.Generator().manual_seed(step)
        x, y = torch.randn(6, 1, 8, 8, generator=generator), torch.randn(6, 5, generator=generator)
        optimiser.zero_grad(set_to_none=True)
        (network(x) - y).square().mean().backward()
        optimiser.step()


def assert_same(one, other):
    """The same nested dicts and lists with the same bits."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    elif isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype
        assert one.stride() == other.stride()
        assert torch.equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_twelve_steps_of_adam_have_the_bits_of_torchs(network, arguments):
    """Weights, moments, step counts and groups; catches a default, an argument or an order that is another."""
    ours, torchs = network(), network()
    optimisers = Adam(ours.parameters(), **arguments), torch.optim.Adam(torchs.parameters(), **arguments)
    before = [parameter.clone() for parameter in ours.parameters()]
    steps(ours, optimisers[0], 12)
    steps(torchs, optimisers[1], 12)
    assert_same(dict(ours.state_dict()), dict(torchs.state_dict()))
    assert_same(*(optimiser.state_dict() for optimiser in optimisers))
    changed = [not torch.equal(*pair) for pair in zip(before, ours.parameters(), strict=True)]
    assert changed == [name != "idle" for name, _ in ours.named_parameters()]


def test_each_goes_on_from_the_others_state(network):
    """Four steps by one and four by the other end as eight by either."""
    whole = network()
    steps(whole, torch.optim.Adam(whole.parameters(), lr=1e-2, fused=True), 8)
    for first, second in ((Adam, torch.optim.Adam), (torch.optim.Adam, Adam)):
        halves = network()
        begun, resumed = (each(halves.parameters(), lr=1e-2, fused=True) for each in (first, second))
        steps(halves, begun, 4)
        resumed.load_state_dict(begun.state_dict())
        steps(halves, resumed, 4, first=4)
        assert_same(dict(halves.state_dict()), dict(whole.state_dict()))


def test_groups_hooks_and_closures_work_as_torchs(network):
    ours, torchs = network(), network()
    counts = []
    for model, kind in ((ours, Adam), (torchs, torch.optim.Adam)):
        optimiser = kind(model[0].parameters(), lr=1e-2, fused=True)
        optimiser.add_param_group({"params": list(model[4].parameters()), "lr": 1e-4})
        seen = []
        optimiser.register_step_post_hook(lambda *arguments, seen=seen: seen.append(1))

        def closure(model=model, optimiser=optimiser):
            optimiser.zero_grad()
            loss = model(torch.ones(6, 1, 8, 8)).square().sum()
            loss.backward()
            return loss

        counts.append((len(seen), optimiser.step(closure).item(), len(seen)))
    assert counts[0] == counts[1]
    assert counts[0][2] == 1
    assert_same(dict(ours.state_dict()), dict(torchs.state_dict()))


def test_no_gradient_is_recorded_of_a_step(network):
    model = network()
    optimiser = Adam(model.parameters(), fused=True)
    steps(model, optimiser, 2)
    assert all(parameter.grad_fn is None for parameter in model.parameters())
    assert torch.is_grad_enabled()


def test_lbfgs_has_the_bits_of_torchs(network):
    found = []
    for kind in (LBFGS, torch.optim.LBFGS):
        model = network().double().eval()
        optimiser = kind(model.parameters(), max_iter=10, line_search_fn="strong_wolfe", tolerance_change=0.0)
        model.idle.grad = torch.zeros(3, dtype=torch.float64)
        x = torch.randn(6, 1, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

        def closure(model=model, optimiser=optimiser, x=x):
            optimiser.zero_grad()
            loss = (model(x) - 1).square().sum()
            loss.backward()
            return loss

        optimiser.step(closure)
        found.append((dict(model.state_dict()), optimiser.state_dict()))
    assert_same(*found)
