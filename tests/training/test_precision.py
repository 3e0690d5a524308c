"""Training in mixed precision: bfloat16 products, float32 weights, optimiser and losses."""

import math

import pytest
import torch
from torch import nn

from vspair.config import Training
from vspair.data import clean_images, make_pairs, scale_for
from vspair.devices import arithmetic
from vspair.networks import Decoder, Encoder
from vspair.training import Checkpoint, Execution, ResidentPairs, fit
from vspair.training.loop import Cost

ONE = {"mapping": 1.0}
IMAGE = (1, 16, 16)


def schedule(**changes):
    return Training(**{"epochs": 4, "batch_size": 16, "learning_rate": 3e-3, "checkpoint_every": 2} | changes)


@pytest.fixture(scope="module")
def digits():
    """Forty-eight pairs of digits in [-1, 1]."""
    clean, labels = clean_images("digits", None, (16, 16))
    made = make_pairs(clean, labels, 48, 1, patches=3, patch_size=5, seed=1)
    return ResidentPairs.of(made.train, scale_for("symmetric", made.train.qoi), "cpu")


class Line(nn.Module):
    """y = a x with one weight a, in a product that mixed precision rounds; `terms` notes what it was shown."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.layer.weight)
        self.products, self.autocast = [], []

    def terms(self, qoi, observation, generator):
        product = self.layer(observation.flatten(1))
        self.products.append(product.dtype)
        self.autocast.append(torch.is_autocast_enabled("cpu"))
        return {"mapping": (product.float() - qoi.flatten(1)).square().sum(1)}


def line_pairs():
    observation = torch.linspace(-1, 1, 64).reshape(64, 1, 1, 1)
    return ResidentPairs(math.pi * observation, observation)


def test_products_are_rounded_and_the_weight_is_not():
    """The least-squares weight is pi; a weight kept in bfloat16 would hold 3.140625, or stop on its coarse grid."""
    model = Line()
    fit(model, line_pairs(), schedule(epochs=300, learning_rate=2e-2), ONE, 1, execution=Execution("bfloat16"))
    assert set(model.products) == {torch.bfloat16}
    weight = model.layer.weight
    assert weight.dtype == torch.float32
    assert weight.item() == pytest.approx(math.pi, rel=2**-8)
    assert weight.item() != weight.bfloat16().item()


def test_only_the_forward_pass_of_a_step_is_in_mixed_precision():
    """Autocast kept over two steps would go on with the first step's copy of the weight and never arrive."""
    model = Line()
    seen = []
    model.layer.weight.register_post_accumulate_grad_hook(
        lambda weight: seen.append((weight.grad.dtype, torch.is_autocast_enabled("cpu")))
    )
    fit(model, line_pairs(), schedule(epochs=2), ONE, 1, execution=Execution("bfloat16"))
    assert all(model.autocast)
    assert seen == [(torch.float32, False)] * 8
    assert not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("precision", ["float32", "tf32"])
def test_the_other_precisions_change_nothing_here(precision):
    model, plain = Line(), Line()
    histories = [
        fit(model, line_pairs(), schedule(), ONE, 1, execution=Execution(precision)),
        fit(plain, line_pairs(), schedule(), ONE, 1),
    ]
    assert set(model.products) == {torch.float32}
    assert histories[0] == histories[1]
    assert torch.equal(model.layer.weight, plain.layer.weight)


def test_backbone_gives_float32_in_every_precision():
    """Rounded inside, so that its numbers differ from float32's, but not by more than bfloat16 explains."""
    torch.manual_seed(0)
    encoder, decoder = Encoder((8, 8), (4, 8), 5, heads=3), Decoder((8, 8), (4, 8), 5)
    image, code = torch.rand(6, 1, 8, 8), torch.randn(6, 5)
    for network, given in ((encoder, image), (decoder, code)):
        exact = network(given)
        with arithmetic("cpu", "bfloat16"):
            rounded = network(given)
        assert rounded.dtype == exact.dtype == torch.float32
        assert not torch.equal(rounded, exact)
        assert (rounded - exact).norm() < 0.05 * exact.norm()


def test_every_term_is_float32(build, digits, model_name):
    """Sums over pixels and latents in bfloat16 would keep two digits."""
    model = build(model_name, IMAGE).train()
    with arithmetic("cpu", "bfloat16"):
        terms = model.terms(digits.qoi[:4], digits.observation[:4], torch.Generator().manual_seed(1))
    assert {name: term.dtype for name, term in terms.items()} == dict.fromkeys(terms, torch.float32)


def test_models_learn_as_in_float32(build, settings, digits, model_name):
    """The same noise and order: totals part by rounding only, while both fall."""
    totals = {}
    for precision in ("float32", "bfloat16"):
        model = build(model_name, IMAGE)
        history = fit(model, digits, schedule(), settings(model_name).factors(), 1, execution=Execution(precision))
        totals[precision] = [row["total"] for row in history]
        assert {value.dtype for value in model.parameters()} == {torch.float32}
    assert totals["bfloat16"][-1] < 0.95 * totals["bfloat16"][0]
    assert totals["bfloat16"] == pytest.approx(totals["float32"], rel=0.1)
    assert totals["bfloat16"] != totals["float32"]


def test_a_run_taken_up_ends_with_the_same_bits_and_its_cost_is_of_its_session(tmp_path, build, settings, digits):
    file = tmp_path / "run.safetensors"
    runs = []
    for checkpoint in (Checkpoint(file, {}), Checkpoint(file, {}), None):
        model, cost, mixed = build("vsPAIR", IMAGE), Cost(), Execution("bfloat16")
        history = fit(model, digits, schedule(), settings("vsPAIR").factors(), 1, checkpoint, cost, mixed)
        runs.append((model, cost, history))
    whole, again, plain = runs
    assert whole[2] == again[2] == plain[2]
    for model, _, _ in runs[1:]:
        assert all(map(torch.equal, model.state_dict().values(), whole[0].state_dict().values()))
    # The file is that of epoch 2 of 4.
    assert [len(cost.seconds) for _, cost, _ in runs] == [4, 2, 4]


def test_cost_tells_each_epochs_seconds_and_the_memory_held(monkeypatch):
    """By a clock of our own: an epoch of four steps, each of which takes five seconds."""
    now = [100.0]
    monkeypatch.setattr("vspair.training.loop.time.perf_counter", lambda: now[0])
    model, cost, terms = Line(), Cost(), Line.terms

    def slow(*arguments):
        now[0] += 5.0
        return terms(model, *arguments)

    model.terms = slow
    history = fit(model, line_pairs(), schedule(epochs=3), ONE, 1, cost=cost)
    assert cost.seconds == [20.0] * 3
    assert cost.peak_bytes > 2**26  # torch alone takes more
    assert all(not {"seconds", "peak_bytes"} & set(row) for row in history)
