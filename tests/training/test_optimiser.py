"""The optimiser that never stores the gradient of a large matrix, beside torch's Adam, which does."""

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from vspair.config import Training
from vspair.devices import arithmetic
from vspair.models.build import build as built
from vspair.networks import factored
from vspair.networks.factored import ROWS, FactoredLinear, factored_layers
from vspair.objectives import total
from vspair.problems.configuration import resolve
from vspair.training import Checkpoint, ResidentPairs, fit, loop, lowrank
from vspair.training import optimiser as optimising
from vspair.training.optimiser import FactoredAdam, optimiser_for

STEPS = 20
OPTIONS = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


class Net(nn.Module):
    """x (n, 70) -> 60 -> 50, of torch's layers or of ours."""

    def __init__(self, kind, device="cpu"):
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(kind(70, 60), nn.Tanh(), kind(60, 50)).to(device)

    def terms(self, qoi, observation, generator):
        return {"mapping": (self.layers(qoi) - observation).square().sum(1)}


def batch(step, rows=2, size=70):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(step))


def train(model, optimiser, steps, rows=2):
    device = model.layers[0].weight.device
    for step in steps:
        optimiser.zero_grad()
        model.layers(batch(step, rows).to(device)).square().sum().backward()
        optimiser.step()


def adam(model, rate=1e-3):
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def assert_close_after(steps, model, expected):
    """Each step rounds a weight once more, by half a unit in the last place; other errors are smaller by the rate."""
    for ours, theirs in zip(model.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=steps * 2**-23 * theirs.abs().max().item())


@pytest.mark.parametrize("block", [64, 1000, 2**17])
@pytest.mark.parametrize("rows", [1, 2, ROWS])
def test_weights_are_torchs_to_rounding(monkeypatch, block, rows):
    """Blocks of a row, of fourteen rows with a rest, and one block."""
    monkeypatch.setattr(lowrank, "BLOCK", block)
    plain, ours = Net(nn.Linear), Net(FactoredLinear)
    train(plain, adam(plain), range(STEPS), rows)
    train(ours, optimiser_for(ours, 1e-3), range(STEPS), rows)
    assert_close_after(STEPS, ours, plain)
    assert not torch.equal(ours.layers[0].weight, Net(nn.Linear).layers[0].weight)


def test_the_state_is_adams_and_either_goes_on_from_the_others():
    plain, ours = Net(nn.Linear), Net(FactoredLinear)
    before, after = adam(plain), optimiser_for(ours, 1e-3)
    train(plain, before, range(STEPS))
    train(ours, after, range(STEPS))
    given, expected = after.state_dict(), before.state_dict()
    assert {index: set(state) for index, state in given["state"].items()} == {
        index: set(state) for index, state in expected["state"].items()
    }
    assert given["state"][0]["step"].item() == STEPS
    before.load_state_dict(given), after.load_state_dict(expected)
    train(plain, before, range(STEPS, STEPS + 5))
    train(ours, after, range(STEPS, STEPS + 5))
    assert_close_after(2 * STEPS, ours, plain)


def test_calls_with_few_and_with_many_rows_in_one_step_add_up():
    plain, ours = Net(nn.Linear), Net(FactoredLinear)
    for model, optimiser in ((plain, adam(plain)), (ours, optimiser_for(ours, 1e-3))):
        for step in range(STEPS):
            optimiser.zero_grad()
            values = [model.layers(batch(step, rows)).square().sum() for rows in (2, ROWS + 1, 3)]
            sum(values).backward()
            optimiser.step()
    assert_close_after(STEPS, ours, plain)


def test_a_step_without_a_backward_pass_changes_nothing():
    model = Net(FactoredLinear)
    optimiser = optimiser_for(model, 1e-3)
    train(model, optimiser, range(2))
    before = [parameter.clone() for parameter in model.parameters()]
    optimiser.zero_grad()
    optimiser.step()
    assert all(map(torch.equal, model.parameters(), before))


def pairs(count=10):
    return ResidentPairs(batch(1, count), batch(2, count, 50))


def schedule(epochs):
    return Training(epochs=epochs, batch_size=3, learning_rate=1e-3, checkpoint_every=2)


def test_the_loops_order_of_forward_pass_forgetting_and_backward_pass():
    """Gradients are forgotten between the two passes; twenty steps, of three and of one pair."""
    plain, ours = Net(nn.Linear), Net(FactoredLinear)
    for model in (plain, ours):
        fit(model, pairs(), schedule(5), {"mapping": 1.0}, 1)
    assert ours.layers[0].weight.grad is None
    assert_close_after(STEPS, ours, plain)


def test_a_run_taken_up_from_a_checkpoint_ends_with_the_same_bits(tmp_path):
    """Batches of 3, 3, 3 and 1; the checkpoint is that of epoch 4, of which the run then goes on."""
    path, ones = tmp_path / "run.safetensors", {"mapping": 1.0}
    whole, again = Net(FactoredLinear), Net(FactoredLinear)
    history = fit(whole, pairs(), schedule(5), ones, 1, Checkpoint(path, {}))
    assert fit(again, pairs(), schedule(5), ones, 1, Checkpoint(path, {})) == history
    assert all(map(torch.equal, whole.state_dict().values(), again.state_dict().values()))
    anew = Net(FactoredLinear)
    fit(anew, pairs(), schedule(5), ones, 1)
    assert all(map(torch.equal, whole.state_dict().values(), anew.state_dict().values()))
    restored = Net(FactoredLinear)
    assert Checkpoint(path, {}).restore(restored, optimiser_for(restored, 1e-3)) == history[:4]
    assert not torch.equal(restored.layers[0].weight, whole.layers[0].weight)


def test_models_without_large_matrices_train_with_the_bits_of_torchs_adam(monkeypatch, build, settings, model_name):
    qoi = torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    trained = []
    for optimiser in (FactoredAdam, adam):
        monkeypatch.setattr(loop, "optimiser_for", optimiser)
        model = build(model_name)
        fit(model, ResidentPairs(qoi, qoi), schedule(2), settings(model_name).factors(), 1)
        trained.append(model.state_dict())
    assert all(map(torch.equal, trained[0].values(), trained[1].values()))


@pytest.mark.parametrize("preset", ["demo", "quick", "paper"])
@pytest.mark.parametrize("problem", ["inpainting", "tomography"])
def test_only_tomography_at_the_papers_size_has_large_matrices(root, preset, problem):
    """Five in vsPAIR, which hold 998,244,352 of its 999,541,091 parameters; training of all else is as it was."""
    chosen = getattr(resolve(root, {"preset": preset}), problem)
    frame = dict(zip(("qoi_shape", "observation_shape"), chosen.shapes(), strict=True))
    found = {}
    for name, settings in chosen.methods.items():
        # Those that know the operator have none to be built with here.
        if hasattr(settings, "latent_x") and not settings.physical:
            with torch.device("meta"):
                found[name] = [layer.weight.numel() for layer in factored_layers(built(settings, frame))]
    assert found
    large = {name for name, sizes in found.items() if sizes}
    assert large == ({"vsPAIR", "vsPAIR_sparse"} if (preset, problem) == ("paper", "tomography") else set())
    assert all((len(found[name]), sum(found[name])) == (5, 998_244_352) for name in large)


class Traffic(TorchDispatchMode):
    """Bytes that operations read and write of tensors with at least `size` numbers of two bytes, and new such tensors.

    Views move nothing. Of a tensor in parts the parts count.
    """

    def __init__(self, size):
        super().__init__()
        self.size, self.bytes, self.allocated = size, 0, []

    def large(self, value):
        return isinstance(value, torch.Tensor) and value.untyped_storage().nbytes() >= 2 * self.size

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        result = operation(*arguments, **(keywords or {}))
        if operation.is_view:
            return result
        given = dict(zip((each.name for each in operation._schema.arguments), arguments, strict=False))
        given |= keywords or {}
        known = set()
        for each in operation._schema.arguments:
            values = given.get(each.name)
            for value in values if isinstance(values, list | tuple) else [values]:
                if self.large(value):
                    known.add(value.untyped_storage().data_ptr())
                    # `out` is not read; the fused Adam would write gradients back only to unscale them.
                    written = each.is_write and each.name != "grads"
                    self.bytes += value.nbytes * ((not each.is_out) + written)
        for value in result if isinstance(result, list | tuple) else [result]:
            if self.large(value) and value.untyped_storage().data_ptr() not in known:
                self.bytes += value.nbytes
                self.allocated.append(str(operation))
        return result


@pytest.mark.parametrize(
    ("kind", "precision", "bytes_a_weight", "new"),
    [
        (FactoredLinear, "float32", 4 + 4 + 12 + 12, 0),
        (FactoredLinear, "bfloat16", 4 + 4 + 12 + 12, 0),
        (nn.Linear, "float32", 4 + (4 + 4) + 16 + 12, 1),
        (nn.Linear, "bfloat16", (4 + 2 + 2) + (2 + 2 + 2 + 4) + 16 + 12, 3),
    ],
)
def test_a_step_moves_32_bytes_a_weight_and_makes_nothing_of_its_size(
    monkeypatch, kind, precision, bytes_a_weight, new
):
    """Forward and backward pass read the weights, the update reads and writes three numbers.

    torch's layer also writes and reads the gradient; in mixed precision it reads weights to copy them, and the copy
    twice, and casts the gradient.
    """
    monkeypatch.setattr(lowrank, "BLOCK", 3000)
    torch.manual_seed(1)
    model = kind(300, 200)
    optimiser = optimiser_for(model, 1e-3) if kind is FactoredLinear else adam(model)
    inputs = batch(1, 2, 300).requires_grad_()
    for traffic in (Traffic(1), Traffic(model.weight.numel())):
        optimiser.zero_grad()
        with traffic:
            with arithmetic("cpu", precision):
                loss = model(inputs).sum()
            loss.backward()
            optimiser.step()
    assert traffic.bytes == bytes_a_weight * model.weight.numel()
    assert len(traffic.allocated) == new, traffic.allocated


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_training_with_the_compiled_update_is_torchs_to_rounding(monkeypatch, compiled):
    """What a GPU does, here on the CPU: parameters under `no_grad`, batches of 2 and of 1."""
    monkeypatch.setattr(optimising, "update_by_blocks", lowrank.update_pointwise)
    plain, ours = Net(nn.Linear), Net(FactoredLinear)
    theirs, own = adam(plain), optimiser_for(ours, 1e-3)
    for epoch in range(STEPS // 2):
        for model, each in ((plain, theirs), (ours, own)):
            train(model, each, [2 * epoch], rows=2)
            train(model, each, [2 * epoch + 1], rows=1)
    # The compiler orders and contracts products in its own way, which moves moments by a few units more.
    assert_close_after(4 * STEPS, ours, plain)


@pytest.mark.gpu
@NEEDS_GPU
@pytest.mark.filterwarnings("default")
def test_the_gpus_weights_are_torchs_to_rounding():
    plain, ours = Net(nn.Linear, "cuda"), Net(FactoredLinear, "cuda")
    train(plain, adam(plain), range(STEPS))
    train(ours, optimiser_for(ours, 1e-3), range(STEPS))
    assert_close_after(4 * STEPS, ours, plain)


def captured(model, optimiser, inputs):
    """A CUDA graph of one step, made after three steps outside of it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step_on(model, optimiser, inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step_on(model, optimiser, inputs)
    return graph


def step_on(model, optimiser, inputs):
    optimiser.zero_grad()
    model.layers(inputs).square().sum().backward()
    optimiser.step()


@pytest.mark.gpu
@NEEDS_GPU
@pytest.mark.filterwarnings("default")
def test_a_replayed_graph_takes_the_steps_of_one_that_is_not():
    """Catches a step count or a bias correction that is frozen in the graph."""
    inputs = batch(1).cuda()
    plain, ours = Net(FactoredLinear, "cuda"), Net(FactoredLinear, "cuda")
    eager, replayed = optimiser_for(plain, 1e-3), optimiser_for(ours, 1e-3)
    for _ in range(3 + STEPS):
        step_on(plain, eager, inputs)
    graph = captured(ours, replayed, inputs)
    for _ in range(STEPS):
        graph.replay()
    assert replayed.state[ours.layers[0].weight]["step"].item() == 3 + STEPS
    assert_close_after(STEPS, ours, plain)


@pytest.mark.gpu
@NEEDS_GPU
@pytest.mark.filterwarnings("default")
def test_a_gpu_holds_weight_and_moments_and_no_gradient():
    """A matrix of 256 MiB: three of its size, not four."""
    before = torch.cuda.memory_allocated()
    layer = FactoredLinear(2**13, 2**13).cuda()
    optimiser = optimiser_for(layer, 1e-3)
    inputs = batch(1, 2, 2**13).cuda().requires_grad_()
    torch.cuda.reset_peak_memory_stats()
    for _ in range(3):
        optimiser.zero_grad()
        layer(inputs).sum().backward()
        optimiser.step()
    assert 3 * 2**28 < torch.cuda.max_memory_allocated() - before < 3.25 * 2**28


def test_a_trained_model_has_its_gradients_back(monkeypatch, build, settings):
    """Whatever trains it next would find no gradient in layers that still keep factors."""
    monkeypatch.setattr(factored, "LARGE", 1)
    model = build("PAIR", (1, 16, 16))
    pairs = ResidentPairs(torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16))
    schedule = Training(epochs=1, batch_size=2, learning_rate=1e-3, checkpoint_every=1)
    fit(model, pairs, schedule, settings("PAIR").factors(), 1)
    model.train()
    total(model.terms(pairs.qoi, pairs.observation, None), settings("PAIR").factors()).sum().backward()
    assert all(layer.weight.grad.any() for layer in factored_layers(model))
    assert len(factored_layers(model)) == 5
