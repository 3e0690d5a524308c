"""Memory of a training: closed forms, and the peak of PyTorch's own allocator while a model is trained."""

import json
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from vspair.config import Training
from vspair.errors import VspairError
from vspair.models.build import build as built
from vspair.networks import factored
from vspair.networks.factored import ROWS
from vspair.operators.geometry import Scan
from vspair.operators.ray import RayTransform
from vspair.training import Execution, ResidentPairs, fit, lowrank, memory
from vspair.training.memory import GIB, LIBRARIES, memory_needed, require_memory

PRECISIONS = ("float32", "bfloat16")
PAPER = {"qoi": (1, 88, 88), "observation": (1, 248, 128), "batch_size": 2}


class Perceptron(nn.Module):
    """x (n, 6) -> 5 -> 4 -> sum of squares, with a weight that is not trained."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))
        self.fixed = nn.Parameter(torch.zeros(100), requires_grad=False)
        self.register_buffer("table", torch.zeros(7, dtype=torch.float64))

    def terms(self, qoi, observation, generator):
        return {"mapping": self.layers(qoi.flatten(1)).square().sum(1)}


@pytest.fixture
def wide(settings):
    """Builds the paper's tomography model of 999,541,091 parameters (D.2.1, Tables 10 and 11), or a smaller one."""

    def wide(qoi=PAPER["qoi"], observation=PAPER["observation"], channels=(16, 32, 64, 128), latents=(8192, 2048)):
        x, y = latents
        chosen = settings("vsPAIR", channels=channels, latent_x=x, latent_y=y, hidden=None)
        return built(chosen, {"qoi_shape": qoi, "observation_shape": observation})

    return wide


class Unrolled(nn.Module):
    """Two steps between images and sinograms with convolutions around a sparse operator."""

    def __init__(self, operator):
        super().__init__()
        self.operator = operator
        self.dual, self.primal = (nn.Sequential(nn.Conv2d(2, 16, 3, padding=1), nn.SiLU()) for _ in range(2))
        self.last = nn.Conv2d(16, 1, 1)

    def terms(self, qoi, observation, generator):
        image = self.operator.adjoint(observation)
        dual = self.dual(torch.cat([observation, self.operator(image)], dim=1)).mean(1, keepdim=True)
        primal = self.primal(torch.cat([image, self.operator.adjoint(dual)], dim=1))
        return {"reconstruction_qoi": (self.last(primal) - qoi).square().flatten(1).sum(1)}


@pytest.fixture(scope="module")
def operator():
    return RayTransform(Scan(pixels=32, enlarged=32, angles=40, bins=48).full())


def real_peak(tmp_path, factors, build, qoi, observation, batch_size, precision):
    """Most bytes that torch's CPU allocator held while a model was made and trained for two steps, without the pairs.

    Read from the profiler's trace, where every allocation notes the total.
    """
    pairs = ResidentPairs(torch.rand(2 * batch_size, *qoi), torch.rand(2 * batch_size, *observation))
    schedule = Training(epochs=1, batch_size=batch_size, learning_rate=1e-3, checkpoint_every=1)
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True, acc_events=True) as profiler:
        fit(build(), pairs, schedule, factors, 1, execution=Execution(precision))
    profiler.export_chrome_trace(str(tmp_path / "trace.json"))
    trace = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    events = sorted((event for event in trace if event["name"] == "[memory]"), key=lambda event: event["ts"])
    totals = [event["args"]["Total Allocated"] for event in events]
    return max(totals) - (totals[0] - events[0]["args"]["Bytes"])


def test_a_perceptron_by_hand():
    """Saved: the input, what tanh gives and the last layer's output for its square, float32; not the parameters."""
    needed = memory_needed(Perceptron, (1, 2, 3), (1, 1, 1), 8)
    trained = 4 * (6 * 5 + 5 + 5 * 4 + 4)
    assert needed.weights == trained + 4 * 100 + 8 * 7
    assert needed.gradients == trained
    assert needed.optimiser == 2 * trained
    assert needed.activations == 4 * 8 * (6 + 5 + 4)
    counted = needed.weights + 3 * trained + needed.activations
    assert needed.workspace == LIBRARIES + -(-counted // 20) + 2 * 4 * 8 * 6
    assert needed.total == counted + needed.workspace


def test_a_perceptron_in_mixed_precision_by_hand():
    """All is saved in bfloat16, and the second layer's weights too: the first's are not needed, x has no gradient."""
    full, mixed = (memory_needed(Perceptron, (1, 2, 3), (1, 1, 1), 8, name) for name in PRECISIONS)
    assert mixed.activations == 2 * 8 * (6 + 5 + 4) + 2 * 5 * 4
    assert (mixed.weights, mixed.gradients, mixed.optimiser) == (full.weights, full.gradients, full.optimiser)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("batch_size", [2, 32])
def test_the_real_peak_is_just_below(tmp_path, settings, wide, batch_size, precision):
    """With few pairs weights dominate, with many activations; catches moments, copies or activations left out."""
    shapes = {"qoi": (1, 32, 32), "observation": (1, 32, 48)}
    build = partial(wide, **shapes, channels=(8, 16, 32), latents=(256, 64))
    shapes["batch_size"] = batch_size
    needed = memory_needed(build, **shapes, precision=precision).total
    peak = real_peak(tmp_path, settings("vsPAIR").factors(), build, **shapes, precision=precision)
    assert peak - unfolded(batch_size, precision) < needed - LIBRARIES < 1.15 * peak


def unfolded(batch_size, precision):
    """Bytes of the largest convolution's columns, 9 x 16 numbers for each of 32 x 48 places, where torch makes them.

    It does in bfloat16 on a CPU that has no such arithmetic: a workspace of the library, for which `LIBRARIES` is.
    """
    slow = precision == "bfloat16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return 2 * batch_size * 9 * 16 * 32 * 48 if slow else 0


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_real_peak_without_stored_gradients_is_just_below(monkeypatch, tmp_path, settings, wide, precision):
    """All linear layers keep factors: a quarter less; catches a gradient or a copy of weights that is made still."""
    shapes = {"qoi": (1, 32, 32), "observation": (1, 32, 48)}
    build = partial(wide, **shapes, channels=(8, 16, 32), latents=(256, 64))
    shapes["batch_size"] = 2
    stored = memory_needed(build, **shapes, precision=precision).total
    monkeypatch.setattr(factored, "LARGE", 1000)
    # As small beside these matrices as the real block is beside large ones.
    monkeypatch.setattr(lowrank, "BLOCK", 2**12)
    needed = memory_needed(build, **shapes, precision=precision).total
    assert needed - LIBRARIES < 0.8 * (stored - LIBRARIES)
    peak = real_peak(tmp_path, settings("vsPAIR").factors(), build, **shapes, precision=precision)
    assert peak < needed - LIBRARIES < 1.15 * peak


def test_the_real_peak_with_an_operator_is_just_below(tmp_path, operator):
    """The sparse matrices are there before the training, so that the allocator does not see them again."""
    shapes = {"qoi": (1, 32, 32), "observation": (1, *operator.geometry.shape), "batch_size": 16}
    needed = memory_needed(lambda: Unrolled(operator), **shapes)
    parts = [part for each in operator.buffers() for part in (each.crow_indices(), each.col_indices(), each.values())]
    matrices = sum(part.nbytes for part in parts)
    assert needed.weights == matrices + needed.gradients
    peak = real_peak(tmp_path, {"reconstruction_qoi": 1.0}, lambda: Unrolled(operator), **shapes, precision="float32")
    assert peak < needed.total - matrices - LIBRARIES < 1.3 * peak


def test_a_thousand_million_parameters_are_looked_at_for_free_and_refused(wide, monkeypatch):
    """12 bytes a parameter before anything else, 4 more outside the large matrices; nothing is allocated to find out.

    These are of 3 x 8192 + 2 x 2048 outputs of the encoders, the decoders' inputs, and the map.
    """
    x, y = 128 * 11 * 11, 128 * 31 * 16
    matrices = x * 3 * 8192 + 8192 * x + y * 2 * 2048 + 2048 * y + 2 * 2048 * 3 * 8192
    before = torch.random.get_rng_state()
    needed = memory_needed(wide, **PAPER)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert needed.weights > 4 * 999_541_091
    assert needed.optimiser == 8 * 999_541_091
    assert needed.gradients == 4 * (999_541_091 - matrices) < 0.002 * needed.weights
    monkeypatch.setattr(memory, "available", lambda device: 12 * GIB)
    sentence = (
        r"training vsPAIR needs about 12\.\d GiB on device=cuda, but 12\.0 GiB are left there: lower the model's sizes"
    )
    with pytest.raises(VspairError, match=sentence):
        require_memory(needed.total, "cuda", "training vsPAIR")


@pytest.mark.parametrize(("rows", "copied"), [(ROWS, 0), (ROWS + 1, 998_244_352)])
def test_mixed_precision_copies_the_weights_whose_gradient_is_stored(wide, rows, copied):
    """2 bytes each, against half of the activations; a layer that keeps factors reads its weights as they are."""
    shapes = PAPER | {"batch_size": rows}
    full, mixed = (memory_needed(wide, **shapes, precision=name) for name in PRECISIONS)
    assert mixed.activations - full.activations / 2 == pytest.approx(2 * copied, rel=0.02, abs=0.05 * full.activations)
    assert full.gradients == 4 * (999_541_091 - (0 if copied else 998_244_352))


def test_activations_grow_with_the_batch_and_nothing_else_does():
    one, four = (memory_needed(Perceptron, (1, 2, 3), (1, 1, 1), each) for each in (1, 4))
    assert four.activations == 4 * one.activations
    assert (four.weights, four.gradients, four.optimiser) == (one.weights, one.gradients, one.optimiser)


@pytest.mark.parametrize(("needed", "fits"), [(1000, True), (1001, False)])
def test_what_is_left_may_be_used_to_the_last_byte(monkeypatch, needed, fits):
    monkeypatch.setattr(memory, "available", SimpleNamespace(cpu=1000).__getattribute__)
    if fits:
        require_memory(needed, "cpu", "this")
    else:
        with pytest.raises(VspairError, match="device=cpu"):
            require_memory(needed, "cpu", "this")


@pytest.mark.parametrize("batch_size", [1, 7, 64])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_run_and_what_is_without_content_agree(settings, model_name, monkeypatch, batch_size, precision):
    """Every kind with weights, by both ways. In bfloat16 batch normalisation really keeps its statistics in float32."""
    frame = {"qoi_shape": (1, 16, 16), "observation_shape": (1, 16, 16)}
    found = []
    for small in (2**40, 0):
        monkeypatch.setattr(memory, "SMALL", small)
        build = partial(built, settings(model_name), frame)
        found.append(memory_needed(build, (1, 16, 16), (1, 16, 16), batch_size, precision))
    run, empty = found
    assert (run.weights, run.gradients, run.optimiser) == (empty.weights, empty.gradients, empty.optimiser)
    # A flow has no batch normalisation.
    if precision == "float32" or model_name == "Flow":
        assert run == empty
    else:
        assert empty.activations < run.activations < 1.003 * empty.activations


def test_a_model_of_few_weights_is_measured_without_touching_the_generator(settings):
    frame = {"qoi_shape": (1, 16, 16), "observation_shape": (1, 16, 16)}
    before = torch.random.get_rng_state()
    memory_needed(partial(built, settings("vsPAIR"), frame), (1, 16, 16), (1, 16, 16), 8)
    assert torch.equal(torch.random.get_rng_state(), before)
