"""Steps replayed as one graph have the bits of steps launched operation by operation."""

import copy

import pytest
import torch

from vspair.config import Training
from vspair.data import clean_images, make_pairs, scale_for
from vspair.networks import factored
from vspair.networks.compilation import COMPILED, as_written, compiled
from vspair.training import Checkpoint, Cost, Execution, ResidentPairs, fit
from vspair.training import steps as steps_module
from vspair.training.steps import CapturedSteps, EagerSteps

IMAGE = (1, 16, 16)
SCHEDULE = Training(epochs=4, batch_size=16, learning_rate=1e-2, checkpoint_every=2)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def digits(device="cpu", n=40):
    """Steps of 16, 16 and 8 pairs."""
    clean, labels = clean_images("digits", None, IMAGE[1:])
    made = make_pairs(clean, labels, n, 1, patches=3, patch_size=5, seed=1)
    return ResidentPairs.of(made.train, scale_for("symmetric", made.train.qoi), device)


def stand_in(function, noise, put_back):
    """What a capture does but for the graph: runs that are undone."""
    for _ in range(3):
        function()
    put_back()
    return function


@pytest.fixture
def without_cuda(monkeypatch):
    monkeypatch.setattr(steps_module, "captured", stand_in)


def trained(model, settings, pairs, execution, checkpoint=None, schedule=SCHEDULE):
    history = fit(model, pairs, schedule, settings.factors(), 1, checkpoint, execution=execution)
    return history, {name: value.clone() for name, value in model.state_dict().items()}


def equal(first, second):
    """Whether two trainings have the same history and weights, bit for bit."""
    same = [torch.equal(value, second[1][name]) for name, value in first[1].items()]
    return first[0] == second[0] and all(same)


def test_the_order_and_the_undone_runs_leave_the_bits_as_they_are(without_cuda, build, settings, model_name):
    """Catches weights, running statistics, moments or noise that a warm-up moves, and pairs taken in another order."""
    eager, replayed = (
        trained(build(model_name, IMAGE), settings(model_name), digits(), Execution(captured=captured))
        for captured in (False, True)
    )
    assert equal(eager, replayed)


def test_runs_that_are_not_undone_would_be_seen(monkeypatch, build, settings):
    """The planted fault of the test above."""
    monkeypatch.setattr(steps_module, "captured", lambda f, noise, put_back: stand_in(f, noise, lambda: None))
    eager, replayed = (
        trained(build("vPAIR", IMAGE), settings("vPAIR"), digits(), Execution(captured=captured))
        for captured in (False, True)
    )
    assert not equal(eager, replayed)


def test_a_resumed_run_keeps_its_moments_through_the_warm_up(without_cuda, build, settings, tmp_path):
    """The file is that of epoch 2 of 4."""
    file = tmp_path / "run.safetensors"
    plain, first, resumed = (
        trained(build("vsPAIR", IMAGE), settings("vsPAIR"), digits(), Execution(captured=captured), checkpoint)
        for captured, checkpoint in ((False, None), (True, Checkpoint(file, {})), (True, Checkpoint(file, {})))
    )
    assert equal(plain, first)
    assert equal(plain, resumed)


def test_factors_of_large_matrices_go_through_the_undone_runs_too(without_cuda, monkeypatch, build, settings):
    """Catches factors that a warm-up leaves behind; every matrix counts as large, and steps of 16 rows are few."""
    monkeypatch.setattr(factored, "LARGE", 1)
    runs = [
        trained(build("vsPAIR", IMAGE), settings("vsPAIR"), digits(), Execution(captured=captured))
        for captured in (False, True)
    ]
    assert equal(*runs)
    assert len(factored.factored_layers(build("vsPAIR", IMAGE))) > 4


def test_what_a_capture_takes_is_counted_apart(monkeypatch, build, settings):
    """By a clock of our own: seven seconds before the first step, and one for each of two steps in an epoch."""
    now, cost = [100.0], Cost()
    monkeypatch.setattr("vspair.training.loop.time.perf_counter", lambda: now[0])

    def slow(*arguments):
        now[0] += 7.0
        replay = stand_in(*arguments)

        def slow_step():
            now[0] += 1.0
            replay()

        return slow_step

    monkeypatch.setattr(steps_module, "captured", slow)
    factors = settings("PAIR").factors()
    fit(build("PAIR", IMAGE), digits(), SCHEDULE, factors, 1, cost=cost, execution=Execution(captured=True))
    assert cost.preparation == 7.0
    assert cost.seconds == [2.0] * 4


def test_fewer_pairs_than_a_batch_need_no_graph(monkeypatch, build, settings):
    monkeypatch.setattr(steps_module, "captured", lambda *_: pytest.fail("captured a step of no whole batch"))
    few = digits(n=9)
    eager, other = (
        trained(build("PAIR", IMAGE), settings("PAIR"), few, Execution(captured=captured)) for captured in (False, True)
    )
    assert equal(eager, other)


@pytest.mark.parametrize("kind", [EagerSteps, CapturedSteps])
def test_every_pair_is_taken_once_and_the_means_are_of_those_taken(without_cuda, kind):
    """By hand: one weight that nothing moves, and a term that is the pair's own number."""

    class Numbers(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))

        def terms(self, qoi, observation, generator):
            return {"number": 0 * self.weight + qoi.flatten(1).sum(1)}

    model, numbers = Numbers(), torch.arange(10.0).view(10, 1)
    adam = torch.optim.Adam(model.parameters(), fused=True)
    steps = kind(
        model, adam, ResidentPairs(numbers, numbers), 4, {"number": 2.0}, Execution(), torch.Generator().manual_seed(0)
    )
    order, done, means = torch.tensor([9, 1, 3, 5, 7, 0, 2, 4, 6, 8]), 0, []
    for taken in steps.over(order):
        done += taken
        means.append(steps.means(done))
    assert [mean["number"] for mean in means] == pytest.approx([18 / 4, 31 / 8, 45 / 10])
    assert [mean["total"] for mean in means] == pytest.approx([9.0, 31 / 4, 9.0])
    assert list(steps.over(order)) == [4, 4, 2]
    assert steps.means(10)["number"] == pytest.approx(4.5)


def test_without_a_word_steps_are_captured_on_a_gpu_alone():
    told = {"precision": "tf32", "captured": None, "compiled": False}
    assert Execution.of(told, "cuda") == Execution("tf32", captured=True)
    assert Execution.of(told, "cpu") == Execution("tf32", captured=False)
    assert Execution.of({**told, "captured": False}, "cuda") == Execution("tf32", captured=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the compiler hides its own by filters that `error` overrides
@pytest.mark.parametrize("name", ["PAIR", "vsPAIR"])
def test_compiled_networks_learn_as_written_ones(build, settings, name):
    """Fused operations round otherwise; weights, names and the networks afterwards are the same."""
    runs = {}
    for wanted in (False, True):
        model = build(name, IMAGE)
        runs[wanted] = trained(model, settings(name), digits(), Execution(compiled=wanted))
        assert not any(module._compiled_call_impl for module in model.modules())
    plain, fused = runs[False], runs[True]
    assert list(plain[1]) == list(fused[1])
    assert [row["total"] for row in fused[0]] == pytest.approx([row["total"] for row in plain[0]], rel=1e-2)
    assert not equal(plain, fused)


def test_networks_are_compiled_while_the_context_lasts(build):
    model = build("vPAIR", IMAGE)
    networks = [module for module in model.modules() if isinstance(module, COMPILED)]
    assert len(networks) == 5
    with compiled(model):
        assert all(network._compiled_call_impl for network in networks)
        with as_written(True):
            model.eval().infer(torch.zeros(2, *IMAGE))
    assert not any(network._compiled_call_impl for network in networks)
    with compiled(model, wanted=False):
        assert not any(network._compiled_call_impl for network in networks)


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_twenty_captured_steps_have_the_bits_of_twenty_eager_ones(build, settings, model_name, precision):
    pairs, schedule = digits("cuda", n=16 * 5 + 3), SCHEDULE.model_copy(update={"checkpoint_every": 99})
    model = build(model_name, IMAGE).cuda().to(memory_format=torch.channels_last)
    eager, captured = (
        trained(copy.deepcopy(model), settings(model_name), pairs, Execution(precision, captured), schedule=schedule)
        for captured in (False, True)
    )
    assert equal(eager, captured)


@pytest.mark.gpu
@needs_gpu
def test_captured_steps_of_large_matrices_have_the_bits_of_eager_ones(monkeypatch, build, settings):
    monkeypatch.setattr(factored, "LARGE", 1)
    model = build("vsPAIR", IMAGE).cuda().to(memory_format=torch.channels_last)
    assert equal(
        *(
            trained(copy.deepcopy(model), settings("vsPAIR"), digits("cuda"), Execution(captured=captured))
            for captured in (False, True)
        )
    )


@pytest.mark.gpu
@needs_gpu
def test_a_captured_run_taken_up_ends_with_the_same_bits(build, settings, tmp_path):
    file, pairs = tmp_path / "run.safetensors", digits("cuda")
    model = build("vsPAIR", IMAGE).cuda().to(memory_format=torch.channels_last)
    whole, resumed = (
        trained(copy.deepcopy(model), settings("vsPAIR"), pairs, Execution(captured=True), Checkpoint(file, {}))
        for _ in range(2)
    )
    assert equal(whole, resumed)
