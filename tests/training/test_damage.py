"""Checkpoints and weights of the right run that are damaged inside: refused in one sentence, nothing of them used."""

import json
import math
import struct

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from vspair.config import Training
from vspair.errors import VspairError
from vspair.networks.factored import FactoredLinear
from vspair.training import Checkpoint, ResidentPairs, fit, load_weights, save_weights
from vspair.training.optimiser import optimiser_for

EPOCHS, EPOCH_STEPS = 4, 3
WEIGHT, NORM = "model.layers.0.weight", "model.layers.1.weight"


class Net(nn.Module):
    """A layer that keeps factors, one with running statistics and a counter, and a parameter that nothing reaches."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(FactoredLinear(4, 4), nn.BatchNorm1d(4))
        self.idle = nn.Parameter(torch.ones(2))

    def terms(self, qoi, observation, generator):
        return {"mapping": (self.layers(observation.flatten(1)) - qoi.flatten(1)).square().sum(1)}


def trained(path, epochs=EPOCHS):
    qoi = torch.randn(10, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    model = Net()
    loop = Training(epochs=epochs, batch_size=4, learning_rate=1e-2, checkpoint_every=1)
    history = fit(model, ResidentPairs(qoi, -qoi), loop, {"mapping": 1.0}, 1, path and Checkpoint(path, {"run": 1}))
    return model, history


@pytest.fixture
def path(tmp_path):
    """A checkpoint after the third of four epochs."""
    trained(tmp_path / "checkpoint.safetensors")
    return tmp_path / "checkpoint.safetensors"


def rewritten(path, change):
    """Change tensors and metadata, as the library writes them."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    change(tensors, metadata)
    save_file({name: value.contiguous() for name, value in tensors.items()}, path, metadata)


def tensor(name, change):
    return lambda tensors, _: tensors.update({name: change(tensors[name].clone())})


def without(*ends):
    def change(tensors, _):
        for name in [name for name in tensors if name.endswith(ends)]:
            del tensors[name]

    return change


def history(change):
    def rewrite(_, metadata):
        metadata["history"] = change(json.loads(metadata["history"]))

    return rewrite


def rows(change):
    def rewrite(found):
        change(found)
        return json.dumps(found)

    return history(rewrite)


def put(value, at=0):
    def change(values):
        values.view(-1)[at] = value
        return values

    return change


DAMAGE = {
    "no history": (lambda _, metadata: metadata.pop("history"), "expected its history, found none"),
    "history that is no JSON": (history(lambda found: json.dumps(found)[:-3]), "Expecting|Unterminated"),
    "history nested without end": (history(lambda _: "[" * 100_000), "recursion"),
    "history that is no list": (history(lambda found: json.dumps({"rows": found})), "its history as a list"),
    "history without rows": (history(lambda _: "[]"), "its history as a list"),
    "history of one row less": (rows(lambda found: found.pop()), "expected 6 steps in 2 epochs, found 9"),
    "history of more rows": (
        rows(lambda found: found.extend({**found[0], "epoch": epoch} for epoch in (4, 5))),
        "at most the 4 epochs",
    ),
    "epochs out of order": (rows(lambda found: found.reverse()), "row 1 of its history to be epoch 1"),
    "a term that is missing once": (rows(lambda found: found[1].pop("mapping")), "row 2 of its history"),
    "a term that is not finite": (rows(lambda found: found[1].update(mapping=math.nan)), "finite mapping of epoch 2"),
    "a term beyond all numbers": (
        history(lambda found: json.dumps(found).replace('"epoch": 1', '"epoch": 1e999')),
        "row 1 of its history",
    ),
    "a term that is a text": (rows(lambda found: found[1].update(total="1")), "finite total of epoch 2"),
    "a term of 5,000 digits": (history(lambda found: json.dumps(found).replace("2,", "2" * 5000 + ",", 1)), "digits"),
    "no optimiser": (without(".step", ".exp_avg", ".exp_avg_sq"), "expected as F32 .* and found as none"),
    "no optimiser and nobody who misses it": (
        lambda tensors, metadata: (
            without(".step", ".exp_avg", ".exp_avg_sq")(tensors, metadata),
            metadata.update(moments="[]"),
        ),
        "expected 9 steps in 3 epochs, found 0",
    ),
    "no list of moments": (lambda _, metadata: metadata.pop("moments"), "expected its moments, found none"),
    "moments of parameters that are not there": (
        lambda _, metadata: metadata.update(moments="[0, 99]"),
        "numbers of the 5 parameters",
    ),
    "one second moment less": (without("2.exp_avg_sq"), r"2.exp_avg_sq was expected as F32 \(4,\) and found as none"),
    "a counter less": (without("2.step"), r"2.step was expected as F32 \(\) and found as none"),
    "moments of another shape": (
        tensor("optimiser.2.exp_avg", lambda t: t.view(2, 2)),
        r"expected as F32 \(4,\) and found as F32 \(2, 2\)",
    ),
    "moments of another type": (tensor("optimiser.2.exp_avg", torch.Tensor.half), "found as F16"),
    "a moment that is no number": (tensor("optimiser.2.exp_avg", put(math.nan)), "expected to hold finite numbers"),
    "a negative second moment": (tensor("optimiser.2.exp_avg_sq", put(-1e-9)), "no negative number, found -9"),
    "a counter below 0": (tensor("optimiser.2.step", put(-3)), "no negative number, found -3"),
    "a counter at 0": (tensor("optimiser.2.step", put(0)), "expected whole steps, 1 at least, found 0"),
    "a counter between steps": (tensor("optimiser.2.step", put(2.5)), "expected whole steps"),
    "a counter too far": (tensor("optimiser.2.step", put(1e6)), r"expected 9 steps in 3 epochs, found 1e\+06"),
    "a counter that is whole": (tensor("optimiser.2.step", torch.Tensor.long), "found as I64"),
    "a weight that is no number": (tensor(WEIGHT, put(math.nan, 5)), f"{WEIGHT} was expected to hold finite numbers"),
    "a weight without end": (tensor(NORM, put(-math.inf)), "numbers from -inf"),
    "weights of half precision": (tensor(WEIGHT, torch.Tensor.half), "found as F16"),
    "weights as whole numbers": (tensor(WEIGHT, torch.Tensor.int), "found as I32"),
    "weights of another length": (tensor(NORM, lambda t: t[:3]), r"found as F32 \(3,\)"),
    "a weight less": (without("layers.0.weight"), "layers.0.weight was expected as .* and found as none"),
    "a weight more": (
        lambda tensors, _: tensors.update({"model.other": torch.ones(1)}),
        r"model.other was expected as none and found as F32 \(1,\)",
    ),
}


def state(model, optimiser):
    return {name: value.clone() for name, value in model.state_dict().items()}, dict(optimiser.state)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_refused_in_a_sentence_and_nothing_of_it_is_used(path, damage):
    change, reason = DAMAGE[damage]
    rewritten(path, change)
    with pytest.raises(VspairError, match=rf"checkpoint.safetensors is not a whole checkpoint \(.*{reason}") as caught:
        trained(path)
    assert str(caught.value).endswith(": delete it to train anew")
    model, fresh = Net(), Net()
    optimiser, checkpoint = optimiser_for(model, 1e-2), Checkpoint(path, {"run": 1})
    checkpoint.expect(EPOCHS, EPOCH_STEPS)
    with pytest.raises(VspairError):
        checkpoint.restore(model, optimiser)
    assert not optimiser.state
    assert all(map(torch.equal, model.state_dict().values(), fresh.state_dict().values()))


def test_a_whole_checkpoint_is_continued_to_the_same_bits(path):
    """The damage is what is refused above, and not the way in which it is written; an idle parameter has no moments."""
    rewritten(path, lambda *_: None)
    (resumed, told), (whole, expected) = trained(path), trained(None)
    assert told == expected
    assert all(map(torch.equal, resumed.state_dict().values(), whole.state_dict().values()))


HEADERS = {
    "a header longer than any file": lambda _: struct.pack("<Q", 2**60) + b"{}",
    "a header of no length": lambda _: struct.pack("<Q", 0),
    "a header that is no JSON": lambda data: data[:8] + b"x" + data[9:],
    "a tensor that overlaps another": lambda data: data.replace(b'"data_offsets":[0,', b'"data_offsets":[8,', 1),
    "metadata that are no texts": lambda data: data.replace(b'"__metadata__":{', b'"__metadata__":[', 1),
}


@pytest.mark.parametrize("damage", HEADERS)
def test_a_header_that_lies_is_refused(path, damage, tmp_path):
    before = path.read_bytes()
    path.write_bytes(HEADERS[damage](before))
    assert path.read_bytes() != before
    with pytest.raises(VspairError, match=r"checkpoint.safetensors is not a whole checkpoint .*delete it to train"):
        trained(path)
    model, weights = Net(), tmp_path / "weights.safetensors"
    save_weights(weights, model)
    weights.write_bytes(HEADERS[damage](weights.read_bytes()) if "meta" not in damage else b"")
    with pytest.raises(VspairError, match=r"weights.safetensors does not hold the weights of Net .*train it again"):
        load_weights(weights, model)


@pytest.mark.parametrize("place", ["folder", "nothing"])
def test_what_is_no_file_is_refused(tmp_path, place):
    path = tmp_path / "weights.safetensors"
    if place == "folder":
        path.mkdir()
        with pytest.raises(VspairError, match="is not a whole checkpoint"):
            Checkpoint(path, {}).restore(Net(), optimiser_for(Net(), 1e-2))
    with pytest.raises(VspairError, match=r"weights.safetensors does not hold the weights of Net"):
        load_weights(path, Net())


@pytest.mark.parametrize("damage", [name for name in DAMAGE if "weight" in name])
def test_damaged_weights_are_refused_and_none_of_them_is_loaded(tmp_path, damage):
    path = tmp_path / "weights.safetensors"
    model, _ = trained(None)
    save_file({f"model.{name}": value for name, value in model.state_dict().items()}, path, {"history": "[]"})
    rewritten(path, DAMAGE[damage][0])
    save_file({name.removeprefix("model."): value for name, value in load_file(path).items()}, path)
    reason = DAMAGE[damage][1].replace("model.", "")
    fresh = Net()
    with pytest.raises(VspairError, match=rf"does not hold the weights of Net \(.*{reason}.*\): train it again"):
        load_weights(path, fresh)
    assert all(map(torch.equal, fresh.state_dict().values(), Net().state_dict().values()))


def test_a_jobs_checkpoint_is_continued_by_the_same_job_alone(tmp_path):
    """Another code, setting, seed, data, device or number of threads is another run, which begins anew."""
    data = tmp_path / "pairs"
    data.write_bytes(b"one")
    same = ("code", {"a": 1}, 3, data, "cpu, 1 threads")
    first = Checkpoint.beside(tmp_path / "weights", *same)
    assert first.path == tmp_path / "checkpoint.safetensors"
    assert Checkpoint.beside(tmp_path / "weights", *same).identity == first.identity
    for place, other in enumerate(("other code", {"a": 2}, 4, None, "cpu, 2 threads")):
        changed = [*same[:place], other, *same[place + 1 :]]
        if other is None:
            changed[place] = tmp_path / "others"
            changed[place].write_bytes(b"two")
        assert Checkpoint.beside(tmp_path / "weights", *changed).identity != first.identity, place
