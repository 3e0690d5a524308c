"""A linear layer that keeps the factors of its gradient, beside torch's own layer."""

import pytest
import torch
from torch import nn

from vspair.networks.factored import LARGE, ROWS, FactoredLinear, factored_layers, linear


def twins(inputs=7, outputs=5, seed=1):
    """torch's layer and one that keeps factors, from one seed."""
    made = []
    for kind in (nn.Linear, FactoredLinear):
        torch.manual_seed(seed)
        made.append(kind(inputs, outputs))
    made[1].keep_factors()
    return made


def batch(*shape, seed=2):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def gradient(layer):
    return sum(outputs.T @ inputs for inputs, outputs in layer.factors)


def test_only_large_layers_can_keep_factors():
    with torch.device("meta"):
        assert type(linear(2**12, LARGE // 2**12)) is FactoredLinear
        assert type(linear(2**12, LARGE // 2**12 - 1)) is nn.Linear
        model = nn.Sequential(linear(2**12, LARGE // 2**12), linear(4, 3))
    assert factored_layers(model) == [model[0]]


def test_names_and_initial_weights_are_those_of_torchs_layer():
    plain, ours = twins()
    assert list(ours.state_dict()) == list(plain.state_dict())
    assert all(map(torch.equal, ours.state_dict().values(), plain.state_dict().values()))


@pytest.mark.parametrize("shape", [(2, 7), (1, 7), (ROWS, 7), (2, 3, 7)])
def test_values_and_gradients_are_those_of_torchs_layer(shape):
    """The bits of all but the gradient of the weights, which is none and whose factors multiply to it."""
    plain, ours = twins()
    here, there = batch(*shape), batch(*shape)
    given, expected = ours(here), plain(there)
    assert torch.equal(given, expected)
    given.square().sum().backward()
    expected.square().sum().backward()
    assert torch.equal(here.grad, there.grad)
    assert torch.equal(ours.bias.grad, plain.bias.grad)
    assert ours.weight.grad is None
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


def test_the_gradient_of_the_inputs_is_that_of_finite_differences():
    layer = FactoredLinear(4, 3).double()
    layer.keep_factors()
    assert torch.autograd.gradcheck(layer, batch(2, 4).double().detach().requires_grad_())


def test_inputs_without_a_gradient_train_the_layer_too():
    """As those of a map whose source is detached."""
    plain, ours = twins()
    for layer in (plain, ours):
        layer(batch(2, 7).detach()).square().sum().backward()
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


def test_calls_and_backward_passes_add_up():
    """A decoder is used twice in a step whose mapping loss compares images; gradients may be accumulated."""
    plain, ours = twins()
    for layer in (plain, ours):
        (layer(batch(2, 7)).square().sum() + layer(batch(3, 7, seed=3)).exp().sum()).backward()
        layer(batch(1, 7, seed=4)).cos().sum().backward()
    assert sorted(len(inputs) for inputs, _ in ours.factors) == [1, 2, 3]
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


@pytest.mark.parametrize("why", ["nobody asked", "many rows", "evaluation", "frozen", "no gradients"])
def test_it_is_torchs_layer_where_factors_are_not_wanted(why):
    plain, ours = twins()
    rows = ROWS + 1 if why == "many rows" else 2
    if why == "nobody asked":
        ours.factors = None
    if why == "evaluation":
        ours.eval()
    if why == "frozen":
        plain.weight.requires_grad_(False), ours.weight.requires_grad_(False)
    for layer in (plain, ours):
        with torch.set_grad_enabled(why != "no gradients"):
            value = layer(batch(rows, 7)).square().sum()
        if value.requires_grad:
            value.backward()
    assert not ours.factors
    if plain.weight.grad is None:
        assert ours.weight.grad is None
    else:
        assert torch.equal(ours.weight.grad, plain.weight.grad)


@pytest.mark.parametrize("inside", [True, False])
def test_mixed_precision_rounds_nothing_of_it(inside):
    """Whether the backward pass runs inside autocast or not: float32 throughout, and so torch's layer without it."""
    plain, ours = twins(70, 50)
    here, there = batch(2, 70), batch(2, 70)
    plain(there).square().sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        given = ours(here)
        assert given.dtype == torch.float32
        loss = given.square().sum()
        if inside:
            loss.backward()
    if not inside:
        loss.backward()
    assert {factor.dtype for pair in ours.factors for factor in pair} == {torch.float32}
    assert torch.equal(here.grad, there.grad)
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


def test_inputs_of_mixed_precision_are_taken_as_they_are():
    """What a convolution gives in bfloat16 before the layer; its gradient goes back in that type."""
    _, ours = twins()
    inputs = batch(2, 7).bfloat16().detach().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        ours(inputs).square().sum().backward()
    assert inputs.grad.dtype == torch.bfloat16
    assert torch.equal(ours.factors[0][0], inputs.float())
