"""Readers of tensors: pairs, chosen slices, blocks of scans, weights, checkpoints, and trainings to be compared."""

import json
import struct
from pathlib import Path

import numpy as np
from hostile import Reader
from mutations import TABLE, metadata, tensors

IDENTITY = {"seed": 1, "fingerprint": "a" * 64}
FRAME = {"qoi_shape": (1, 8, 8), "observation_shape": (1, 8, 8)}


def types_of(path: Path) -> dict[str, str]:
    """Type of each tensor by the file's own header, read without the library."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    return {name: entry["dtype"] for name, entry in header.items() if name != "__metadata__"}


def make_pairs_file(folder: Path) -> None:
    from vspair.data import Pairs, Split, make_pairs, write_pairs

    draw = np.random.default_rng(4)
    images = draw.integers(1, 256, (14, 8, 8), dtype=np.uint8)
    (folder / "images").mkdir(parents=True)
    write_pairs(folder / "images/pairs.safetensors", make_pairs(images, np.arange(14), 8, 4, 2, 3, 5))

    def scans(count):
        qoi, observation = (draw.random((count, 1, *shape), dtype=np.float32) for shape in ((8, 8), (6, 5)))
        return Split(qoi, observation, None, np.arange(count), np.arange(count) // 2, np.ones(count, np.float32))

    (folder / "scans").mkdir()
    write_pairs(folder / "scans/pairs.safetensors", Pairs(scans(8), scans(4)))


def read_pairs_file(folder: Path, out: Path):
    from vspair.data import read_pairs

    return read_pairs(folder / "pairs.safetensors")


def parts(split) -> dict[str, np.ndarray]:
    return {name: value for name, value in vars(split).items() if value is not None}


def sound_pairs(value, truth, folder) -> str | None:
    for name in ("train", "test"):
        found, wanted = parts(getattr(value, name)), parts(getattr(truth, name))
        if fault := sound_parts(found, {key: wanted[key] for key in wanted if key in found}):
            return f"{name}: {fault}"
    for part in ("qoi", "observation"):
        if getattr(value.train, part).shape[1:] != getattr(value.test, part).shape[1:]:
            return f"{part} of training and test have different shapes"
        if getattr(value.train, part).dtype != getattr(value.test, part).dtype:
            return f"{part} of training and test have different types"
    return None


def sound_parts(found: dict, wanted: dict) -> str | None:
    """Parts that fit together, each of the kind of number that was written, finite."""
    count = len(found["index"])
    for name, array in found.items():
        if not array.ndim or len(array) != count or not count:
            return f"{name} has shape {array.shape} for {count} pairs"
        if name in wanted and array.dtype != wanted[name].dtype:
            return f"{name} is {array.dtype} instead of {wanted[name].dtype}"
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return f"{name} is not finite"
    return None


def make_selection(folder: Path) -> None:
    from vspair.data.selection import Selection, write_selection

    draw = np.random.default_rng(5)
    images, sinograms = (draw.random((7, *shape), dtype=np.float32) for shape in ((4, 4), (2, 3)))
    for name, observation in (("simulated", None), ("measured", sinograms)):
        (folder / name).mkdir(parents=True)
        index, patient = draw.permutation(100)[:7], draw.integers(0, 5, 7)
        selection = Selection(images, index, patient, observation, np.arange(7) >= 4)
        write_selection(folder / name / "slices.safetensors", selection)


def read_chosen(folder: Path, out: Path):
    from vspair.data.selection import read_selection

    return [read_selection(folder / "slices.safetensors", block, 2) for block in range(2)]


def sound_selection(value, truth, folder) -> str | None:
    for share, wanted in zip(value, truth, strict=True):
        if not len(share.index):
            continue
        if fault := sound_parts(parts(share), parts(wanted)):
            return fault
        if share.images.ndim != 3:
            return f"images have shape {share.images.shape}"
    return None


def make_blocks(folder: Path) -> None:
    from vspair.data.blocks import write_block

    draw = np.random.default_rng(6)
    for number in range(2):
        qoi, observation = (draw.random((4, 1, *shape), dtype=np.float32) for shape in ((4, 4), (2, 3)))
        order = np.arange(4) + 4 * number
        block = {"qoi": qoi, "observation": observation, "index": order, "patient": order, "test": order % 2 == 1}
        (folder / "both").mkdir(parents=True, exist_ok=True)
        write_block(folder / f"both/block{number}.safetensors", block)


def read_blocks(folder: Path, out: Path):
    from vspair.data.blocks import join_blocks

    return join_blocks([folder / f"block{number}.safetensors" for number in range(2)])


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
    if history == []:
        return None if untouched else "the history is empty, and yet part of it was taken"
    if untouched:
        return "a history without a state"
    whole_history, whole_weights, whole_state, _ = truth
    dicts = isinstance(history, list) and all(isinstance(line, dict) for line in history)
    if not dicts or [set(line) for line in history] != [set(line) for line in whole_history]:
        return "the history is of another form"
    numbers = [number for line in history for number in line.values()]
    if not all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
        return "the history holds what is no number"
    if not np.isfinite(np.array(numbers, float)).all():
        return "the history is not finite"
    if state.keys() != whole_state.keys():
        return "the optimiser's state is not of all parameters"
    for index, entries in whole_state.items():
        if entries.keys() != state[index].keys():
            return "the optimiser's state is not whole"
    pairs = [(weights[name], tensor) for name, tensor in whole_weights.items()]
    pairs += [(state[index][name], entries[name]) for index, entries in whole_state.items() for name in entries]
    if any(one.shape != other.shape or one.dtype != other.dtype for one, other in pairs):
        return "a tensor is of another form"
    if not all(one.isfinite().all() for one, _ in pairs):
        return "a tensor is not finite"
    if any((entries["exp_avg_sq"] < 0).any() or entries["step"] < 1 for entries in state.values()):
        return "a second moment or a number of steps that cannot be"
    return None if set(types_of(folder / "checkpoint.safetensors").values()) == {"F32"} else "another type was taken"


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


BOTH = {".safetensors": (tensors, tensors, metadata), ".csv": TABLE}
READERS = (
    Reader("pairs", make_pairs_file, read_pairs_file, sound_pairs, ways=BOTH, tries=400),
    Reader("selection", make_selection, read_chosen, sound_selection, ways=BOTH),
    Reader("blocks", make_blocks, read_blocks, sound_pairs, ways=BOTH),
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
