"""A linear layer that keeps the factors of its gradient, beside torch's own layer."""

import copy
import shutil

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
    inputs, outputs = layer.take_factors()
    return outputs.T @ inputs


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
    assert ours.rows == 1 + 2 + 3
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


@pytest.mark.parametrize("why", ["nobody asked", "many rows", "evaluation", "frozen", "no gradients"])
def test_it_is_torchs_layer_where_factors_are_not_wanted(why):
    plain, ours = twins()
    rows = ROWS + 1 if why == "many rows" else 2
    if why == "nobody asked":
        ours.inputs = ours.zeros = None
    if why == "evaluation":
        ours.eval()
    if why == "frozen":
        plain.weight.requires_grad_(False), ours.weight.requires_grad_(False)
    for layer in (plain, ours):
        with torch.set_grad_enabled(why != "no gradients"):
            value = layer(batch(rows, 7)).square().sum()
        if value.requires_grad:
            value.backward()
    assert ours.rows == 0
    if plain.weight.grad is None:
        assert ours.weight.grad is None
    else:
        assert torch.equal(ours.weight.grad, plain.weight.grad)


def test_factors_are_used_up():
    _, ours = twins()
    assert ours.take_factors() is None
    for seed in (2, 3):
        ours(batch(2, 7, seed=seed)).square().sum().backward()
        inputs, outputs = ours.take_factors()
        assert torch.equal(inputs, batch(2, 7, seed=seed))
        assert outputs.shape == (2, 5)
    assert ours.take_factors() is None


def test_a_forward_pass_without_a_backward_pass_adds_nothing():
    plain, ours = twins()
    ours(batch(3, 7, seed=3))
    for layer in (plain, ours):
        layer(batch(2, 7)).square().sum().backward()
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


def test_rows_beyond_the_last_have_a_stored_gradient():
    plain, ours = twins()
    for layer in (plain, ours):
        (layer(batch(ROWS - 1, 7)).square().sum() + layer(batch(2, 7, seed=3)).exp().sum()).backward()
    assert ours.rows == ROWS - 1
    torch.testing.assert_close(ours.weight.grad + gradient(ours), plain.weight.grad)


def test_mixed_precision_rounds_nothing_of_it():
    """float32 throughout, and so torch's layer without it."""
    plain, ours = twins(70, 50)
    here, there = batch(2, 70), batch(2, 70)
    plain(there).square().sum().backward()
    with torch.autocast("cpu", torch.bfloat16):
        given = ours(here)
        loss = given.square().sum()
    loss.backward()
    assert {given.dtype, ours.inputs.dtype, ours.zeros.grad.dtype} == {torch.float32}
    assert torch.equal(here.grad, there.grad)
    torch.testing.assert_close(gradient(ours), plain.weight.grad)


def test_inputs_of_mixed_precision_are_taken_as_they_are():
    """What a convolution gives in bfloat16 before the layer; its gradient goes back in that type."""
    _, ours = twins()
    inputs = batch(2, 7).bfloat16().detach().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        loss = ours(inputs).square().sum()
    loss.backward()
    assert inputs.grad.dtype == torch.bfloat16
    assert torch.equal(ours.take_factors()[0], inputs.float())


@pytest.fixture
def compiler(monkeypatch, tmp_path):
    """torch's compiler, with caches of the test's own."""
    if not shutil.which("g++"):
        pytest.skip("torch.compile needs g++ on the CPU")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    yield
    torch._dynamo.reset()


# Compiled, what stands between two products is not rounded to bfloat16 (2^-8) after each operation.
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("precision", "rtol"), [("float32", 1e-5), ("bfloat16", 4 * 2**-8)])
def test_a_compiled_network_gives_the_same_factors(compiler, precision, rtol):
    """Whole, in two calls a step and several steps: catches rows or inputs that are frozen into what is compiled."""
    (_, ours), (_, theirs), first = twins(), twins(), nn.Linear(4, 7)
    plain = nn.Sequential(copy.deepcopy(first), nn.SiLU(), ours)
    network = nn.Sequential(first, nn.SiLU(), theirs)
    network.compile(fullgraph=True, dynamic=False)
    for step in range(3):
        for model in (plain, network):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                values = [model(batch(2, 4, seed=step + call)).square().sum() for call in range(2)]
            model.zero_grad()
            sum(values).backward()
        assert theirs.weight.grad is None
        assert ours.rows == theirs.rows == 4
        here, there = gradient(theirs), gradient(ours)
        assert (here - there).abs().max() <= rtol * there.abs().max()
        here, there = network[0].weight.grad, plain[0].weight.grad
        assert (here - there).abs().max() <= rtol * there.abs().max()
