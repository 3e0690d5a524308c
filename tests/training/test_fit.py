import json
import logging
import math

import pytest
import torch
from safetensors import safe_open
from torch import nn

from vspair.config import Training
from vspair.data import clean_images, make_pairs, scale_for
from vspair.errors import VspairError
from vspair.training import Checkpoint, ResidentPairs, fit, load_weights, save_weights

ONES = {"reconstruction_qoi": 1.0, "mapping": 1.0}
IMAGE = (1, 16, 16)


def schedule(**changes):
    return Training(**{"epochs": 3, "batch_size": 16, "learning_rate": 1e-3, "checkpoint_every": 1} | changes)


@pytest.fixture(scope="module")
def digits():
    """Forty-eight pairs of digits in [-1, 1]."""
    clean, labels = clean_images("digits", None, IMAGE[1:])
    made = make_pairs(clean, labels, 48, 1, patches=3, patch_size=5, seed=1)
    return ResidentPairs.of(made.train, scale_for("symmetric", made.train.qoi), "cpu")


def noise_pairs(n=10):
    qoi = torch.randn(n, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    return ResidentPairs(qoi, -qoi)


class Spy(nn.Module):
    """One weight towards which nothing pulls; `terms` notes what it is shown and can turn bad at one step."""

    def __init__(self, bad_step=None, bad=math.nan):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.bad_step, self.bad = bad_step, bad
        self.shown, self.noise = [], []

    def terms(self, qoi, observation, generator):
        assert self.training
        self.shown.append((qoi, observation))
        self.noise.append(torch.rand(1, generator=generator).item())
        mapping = 0 * self.weight + observation.flatten(1).mean(1)
        if len(self.shown) == self.bad_step:
            mapping = mapping + self.bad
        return {"reconstruction_qoi": 0 * self.weight + qoi.flatten(1).mean(1), "mapping": mapping}


def test_pairs_are_scaled_on_the_device():
    clean, labels = clean_images("digits", None, IMAGE[1:])
    train = make_pairs(clean, labels, 5, 1, patches=3, patch_size=5, seed=1).train
    pairs = ResidentPairs.of(train, scale_for("symmetric", train.qoi), "cpu")
    assert len(pairs) == 5
    assert pairs.qoi.dtype == torch.float32
    torch.testing.assert_close(pairs.qoi, torch.tensor(train.qoi / 127.5 - 1, dtype=torch.float32))
    torch.testing.assert_close(pairs.observation, torch.tensor(train.observation / 127.5 - 1, dtype=torch.float32))


@pytest.mark.parametrize("limit", [None, 1, 3, 9])
def test_the_first_pairs_are_taken_with_their_holes(limit):
    """The observation is black exactly where x is lost; catches masks that are scaled or of other pairs."""
    clean, labels = clean_images("digits", None, IMAGE[1:])
    train = make_pairs(clean, labels, 5, 1, patches=3, patch_size=5, seed=1).train
    pairs = ResidentPairs.of(train, scale_for("unit", train.qoi), "cpu", limit)
    size = min(limit or 5, 5)
    assert len(pairs) == len(pairs.observation) == len(pairs.lost) == size
    torch.testing.assert_close(pairs.qoi, torch.tensor(train.qoi[:size] / 255, dtype=torch.float32))
    assert torch.equal(pairs.lost, torch.tensor(train.mask[:size]))
    assert torch.equal(pairs.observation, torch.where(pairs.lost, 0, pairs.qoi))


def test_a_run_learns_and_its_history_has_the_named_terms_and_their_weighted_sum(
    build, settings, digits, model_name, term_names, sparse_names
):
    """With the wrong sign of a gradient or a step that is not taken the total would stay or grow."""
    model, factors = build(model_name, IMAGE), settings(model_name).factors()
    history = fit(model, digits, schedule(epochs=8, learning_rate=3e-3), factors, seed=1)
    assert history[-1]["total"] < 0.8 * history[0]["total"]
    assert not model.training
    extra = {"rho", "gates_at_one"} if model_name in sparse_names else set()
    assert [row["epoch"] for row in history] == list(range(1, 9))
    for row in history:
        assert set(row) == {"epoch", "total"} | term_names[model_name] | extra
        weighted = sum(factor * row[name] for name, factor in factors.items())
        assert row["total"] == pytest.approx(weighted, rel=1e-5)
        assert 0 < row.get("rho", 0.5) < 1
    assert json.loads(json.dumps(history)) == history


@pytest.mark.parametrize("bias", [100.0, -100.0])
def test_history_tells_gates_that_are_stuck_on(build, settings, digits, sparse_names, bias):
    """The gate's head is the last third of the encoder's outputs; far above 0 omega is exactly 1 (deviation E12)."""
    for name in sparse_names:
        model = build(name, IMAGE)
        owners = {"sVAE": "autoencoder.encoder", "vsPAIR": "qoi.encoder", "vsPAIRplus": "encoder"}
        heads = model.get_submodule(owners[name]).heads
        heads.bias.data[2 * len(heads.bias) // 3 :] = bias
        history = fit(model, digits, schedule(epochs=1, learning_rate=1e-9), settings(name).factors(), seed=1)
        assert history[0]["gates_at_one"] == (bias > 0)


def test_history_is_the_mean_over_samples_even_with_a_shorter_last_batch():
    """Ten pairs in batches of 4, 4 and 2: a mean of batch means would differ."""
    pairs = noise_pairs()
    row = fit(Spy(), pairs, schedule(epochs=1, batch_size=4), ONES, seed=1)[0]
    assert row["reconstruction_qoi"] == pytest.approx(pairs.qoi.mean().item(), rel=1e-5)
    assert row["mapping"] == pytest.approx(pairs.observation.mean().item(), rel=1e-5)


def test_every_epoch_shows_every_pair_once_in_its_own_order():
    pairs, spy = noise_pairs(), Spy()
    fit(spy, pairs, schedule(epochs=2, batch_size=4), ONES, seed=1)
    assert [len(qoi) for qoi, _ in spy.shown] == [4, 4, 2] * 2
    epochs = [torch.cat([qoi for qoi, _ in spy.shown[start : start + 3]]) for start in (0, 3)]
    for epoch in epochs:
        torch.testing.assert_close(epoch.flatten(1).sort(0).values, pairs.qoi.flatten(1).sort(0).values)
    assert not torch.equal(*epochs)
    assert all(torch.equal(observation, -qoi) for qoi, observation in spy.shown)
    assert len(set(spy.noise)) == 6


def test_order_and_noise_depend_on_the_seed_alone():
    spies = [Spy(), Spy(), Spy()]
    for spy, seed in zip(spies, (1, 1, 2), strict=True):
        torch.manual_seed(len(spy.shown) + seed * 10)
        torch.rand(seed)
        fit(spy, noise_pairs(), schedule(epochs=2, batch_size=4), ONES, seed=seed)
    first, again, other = ([qoi for qoi, _ in spy.shown] for spy in spies)
    assert all(map(torch.equal, first, again))
    assert spies[0].noise == spies[1].noise
    assert not all(map(torch.equal, first, other))
    assert not set(spies[0].noise) & set(spies[2].noise)


def test_a_step_is_adams_on_the_batch_mean_of_the_total():
    """Adam's first step is the learning rate times the gradient's sign, whatever the gradient's size."""

    class Slope(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def terms(self, qoi, observation, generator):
            return {"mapping": 1000 * self.weight.expand(len(qoi))}

    model = Slope()
    fit(model, noise_pairs(), schedule(epochs=1, batch_size=10, learning_rate=0.25), ONES, seed=1)
    assert model.weight.item() == pytest.approx(-0.25, rel=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint(tmp_path, bad):
    """Three steps an epoch; step 8 is in epoch 3."""
    checkpoint = Checkpoint(tmp_path / "run.safetensors", {})
    spy = Spy(bad_step=8, bad=bad)
    with pytest.raises(VspairError, match=f"term 'mapping' became {bad} in epoch 3.* lower the learning rate"):
        fit(spy, noise_pairs(), schedule(epochs=5, batch_size=4), ONES, seed=1, checkpoint=checkpoint)
    fresh = Spy()
    assert [row["epoch"] for row in checkpoint.restore(fresh, torch.optim.Adam(fresh.parameters()))] == [1, 2]


def test_what_is_not_finite_is_told(build, settings, digits, model_name):
    """A learning rate that explodes, far beyond what settings allow, and data."""
    factors, qoi = settings(model_name).factors(), digits.qoi.clone()
    first = next(iter(factors))
    far = schedule().model_copy(update={"learning_rate": 1e30})
    with pytest.raises(VspairError, match=r"the term '\w+' became (nan|inf) in epoch 1"):
        fit(build(model_name, IMAGE), digits, far, factors, seed=1)
    qoi[3, 0, 5, 5] = math.nan
    with pytest.raises(VspairError, match=f"the term '{first}' became nan in epoch 1"):
        fit(build(model_name, IMAGE), ResidentPairs(qoi, qoi), schedule(), factors, seed=1)


@pytest.fixture
def interrupted(build, settings, digits):
    """Train all but the last epoch's checkpoint; returns what the whole run gives."""

    def interrupted(path, identity):
        model = build("vsPAIR", IMAGE)
        history = fit(model, digits, schedule(), settings("vsPAIR").factors(), 1, Checkpoint(path, identity))
        return model, history

    return interrupted


def test_a_checkpoint_is_safetensors_with_weights_optimiser_and_history(tmp_path, interrupted):
    """Read by the safetensors library alone; no checkpoint is written for the last epoch."""
    path = tmp_path / "run.safetensors"
    model, history = interrupted(path, {"seed": 1})
    with safe_open(path, framework="numpy") as file:
        names, metadata = set(file.keys()), file.metadata()
    parameters = dict(model.named_parameters())
    assert {f"model.{name}" for name in model.state_dict()} <= names
    assert {f"optimiser.{k}.{part}" for k in range(len(parameters)) for part in ("exp_avg", "exp_avg_sq")} <= names
    assert json.loads(metadata["identity"]) == {"seed": 1}
    assert json.loads(metadata["history"]) == history[:2]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_restored_moments_lie_in_memory_as_the_weights_do(tmp_path, build, settings, digits, layout):
    """The fused Adam ignores strides: moments of another layout would move between weights without a word."""
    path = tmp_path / "run.safetensors"
    model = build("PAIR", IMAGE).to(memory_format=layout)
    fit(model, digits, schedule(epochs=2), settings("PAIR").factors(), 1, Checkpoint(path, {}))
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    Checkpoint(path, {}).restore(model, optimiser)
    with safe_open(path, framework="pt") as file:
        for index, parameter in enumerate(model.parameters()):
            for name in ("exp_avg", "exp_avg_sq"):
                moment = optimiser.state[parameter][name]
                assert moment.stride() == parameter.stride()
                assert torch.equal(moment, file.get_tensor(f"optimiser.{index}.{name}"))


def test_checkpoints_are_written_as_often_as_asked(tmp_path):
    path = tmp_path / "run.safetensors"
    checkpoint = Checkpoint(path, {})
    fit(Spy(), noise_pairs(), schedule(epochs=3, checkpoint_every=3), ONES, 1, checkpoint)
    assert not path.exists()
    fit(Spy(), noise_pairs(), schedule(epochs=5, checkpoint_every=2), ONES, 1, checkpoint)
    with safe_open(path, framework="numpy") as file:
        assert len(json.loads(file.metadata()["history"])) == 4


def test_a_checkpoint_of_another_run_is_not_continued(tmp_path, interrupted, caplog):
    path = tmp_path / "run.safetensors"
    expected, history = interrupted(path, {"code": "old"})
    with caplog.at_level(logging.WARNING):
        model, anew = interrupted(path, {"code": "new"})
    assert "run.safetensors is of another code, configuration, data or machine: training starts anew" in caplog.text
    assert anew == history  # from epoch 1 on, and from the initial weights
    assert all(map(torch.equal, model.state_dict().values(), expected.state_dict().values()))


@pytest.mark.parametrize("keep", [0, 4, 300, -1])
def test_a_truncated_checkpoint_is_refused(tmp_path, keep):
    path = tmp_path / "run.safetensors"
    checkpoint = Checkpoint(path, {})
    fit(Spy(), noise_pairs(), schedule(), ONES, 1, checkpoint)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(VspairError, match=r"run.safetensors is not a whole checkpoint .* delete it to train anew"):
        fit(Spy(), noise_pairs(), schedule(), ONES, 1, checkpoint)


def test_a_checkpoint_can_be_removed_twice(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.safetensors", {})
    spy = Spy()
    checkpoint.save(spy, torch.optim.Adam(spy.parameters()), [])
    checkpoint.remove()
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_architecture_or_truncated_are_refused(tmp_path, build):
    path = tmp_path / "w.safetensors"
    save_weights(path, build("PAIR"))
    with pytest.raises(VspairError, match=r"w.safetensors does not hold the weights of vPAIR .*: train it again"):
        load_weights(path, build("vPAIR"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VspairError, match=r"w.safetensors does not hold the weights of PAIR .*: train it again"):
        load_weights(path, build("PAIR"))
