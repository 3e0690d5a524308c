"""Readers of what a training leaves: weights, checkpoints, and trainings that are compared."""

import json
import math
import struct
from pathlib import Path

from hostile import Reader
from readers_pairs import BOTH
from tensors import metadata, tensors

IDENTITY = {"seed": 1, "fingerprint": "a" * 64}


def types_of(path: Path) -> dict[str, str]:
    """Type of each tensor by the file's own header, read without the library."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    return {name: entry["dtype"] for name, entry in header.items() if name != "__metadata__"}


def model():
    import torch

    from vspair.training import initialised

    torch.set_num_threads(1)
    return initialised(lambda: torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.Linear(4, 2)), 0)


def make_weights(folder: Path) -> None:
    from vspair.training import save_weights

    (folder / "weights").mkdir(parents=True)
    save_weights(folder / "weights/weights.safetensors", model())


def read_weights(folder: Path, out: Path):
    from vspair.training.checkpoint import load_weights

    found = model()
    load_weights(folder / "weights.safetensors", found)
    return found.state_dict()


def sound_weights(value, truth, folder) -> str | None:
    for name, tensor in value.items():
        if tensor.shape != truth[name].shape or tensor.dtype != truth[name].dtype:
            return f"{name} is of another form"
        if not tensor.isfinite().all():
            return f"{name} is not finite"
    if strange := {name: kind for name, kind in types_of(folder / "weights.safetensors").items() if kind != "F32"}:
        return f"weights of another type were taken: {sorted(set(strange.values()))}"
    return None


def trained_by(path: Path, steps: int):
    """A model with its optimiser after some steps, and the checkpoint that belongs to it."""
    import torch

    from vspair.training import Checkpoint

    found = model()
    optimiser = torch.optim.Adam(found.parameters(), lr=1e-2)
    for _ in range(steps):
        optimiser.zero_grad()
        found(torch.ones(2, 1, 6, 6)).square().sum().backward()
        optimiser.step()
    return found, optimiser, Checkpoint(path, IDENTITY)


def make_checkpoint(folder: Path) -> None:
    found, optimiser, checkpoint = trained_by(folder / "run/checkpoint.safetensors", 2)
    checkpoint.save(
        found, optimiser, [{"epoch": 1, "loss": 2.5, "mapping": 1.5}, {"epoch": 2, "loss": 1.25, "mapping": 1}]
    )


def read_checkpoint(folder: Path, out: Path):
    import torch

    from vspair.errors import VspairError

    found, optimiser, checkpoint = trained_by(folder / "checkpoint.safetensors", 0)
    before = {name: tensor.clone() for name, tensor in found.state_dict().items()}

    def untouched():
        kept = all(torch.equal(tensor, before[name]) for name, tensor in found.state_dict().items())
        return kept and not optimiser.state_dict()["state"]

    try:
        history = checkpoint.restore(found, optimiser)
    except VspairError:
        if not untouched():
            raise AssertionError("refused, and yet part of it was taken") from None
        raise
    return history, found.state_dict(), optimiser.state_dict()["state"], untouched()


def sound_checkpoint(value, truth, folder) -> str | None:
    """All of it or nothing."""
    history, weights, state, untouched = value
    if history == [] or untouched:
        return None if untouched and history == [] else "a part of it was taken"
    whole_history, whole_weights, whole_state, _ = truth
    pairs = [(weights[name], tensor) for name, tensor in whole_weights.items()]
    for index, entries in whole_state.items():
        if state.get(index, {}).keys() != entries.keys():
            return "the optimiser's state is not whole"
        pairs += [(state[index][name], tensor) for name, tensor in entries.items()]
    types = set(types_of(folder / "checkpoint.safetensors").values())
    wrong = {
        "the history is of another form": lambda: not same_form(history, whole_history),
        "the history is not of finite numbers": lambda: (
            not all(
                type(number) in (int, float) and math.isfinite(number) for line in history for number in line.values()
            )
        ),
        "a tensor is of another form": lambda: any(a.shape != b.shape or a.dtype != b.dtype for a, b in pairs),
        "a tensor is not finite": lambda: not all(tensor.isfinite().all() for tensor, _ in pairs),
        "a second moment or a number of steps that cannot be": lambda: any(
            (entries["exp_avg_sq"] < 0).any() or entries["step"] < 1 for entries in state.values()
        ),
        f"tensors of {sorted(types)} were taken": lambda: types != {"F32"},
    }
    return next((fault for fault, test in wrong.items() if test()), None)


def same_form(history, truth) -> bool:
    """As many epochs, each with the same terms."""
    lines = isinstance(history, list) and all(isinstance(line, dict) for line in history)
    return lines and [set(line) for line in history] == [set(line) for line in truth]


def make_trained(folder: Path) -> None:
    import pandas as pd

    from vspair.training import save_weights

    (folder / "run").mkdir(parents=True)
    save_weights(folder / "run/weights.safetensors", model())
    pd.DataFrame([{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 1.25}]).to_csv(
        folder / "run/history.csv", index=False
    )


def read_trainings(folder: Path, out: Path):
    from vspair.evaluation.repeatability import compare, read_trained

    return compare(read_trained(folder / "weights.safetensors", folder / "history.csv"), read_trainings.truth())


def _first():
    import torch

    history = {"history.epoch": [1, 2], "history.loss": [2.5, 1.25]}
    return {
        **model().state_dict(),
        **{name: torch.tensor(values, dtype=torch.float64) for name, values in history.items()},
    }


read_trainings.truth = _first


def told_apart(value, truth, folder) -> str | None:
    """Two trainings count as equal only if all bytes are those that were written."""
    return None if value.differing >= 0 and value.largest >= 0 else f"a comparison that says {value}"


STATE = {".safetensors": (tensors, metadata, metadata)}
READERS = (
    Reader("weights", make_weights, read_weights, sound_weights, ways=BOTH),
    Reader(
        "checkpoint",
        make_checkpoint,
        read_checkpoint,
        sound_checkpoint,
        ways={".safetensors": (tensors, metadata, metadata)},
        tries=500,
    ),
    Reader("trainings", make_trained, read_trainings, told_apart, ways=BOTH),
)
