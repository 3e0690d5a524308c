"""Readers of prepared arrays: pairs, chosen slices and blocks of scans."""

from pathlib import Path

import numpy as np
from hostile import Reader
from mutations import TABLE
from tensors import metadata, tensors


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


BOTH = {".safetensors": (tensors, tensors, metadata), ".csv": TABLE}
READERS = (
    Reader("pairs", make_pairs_file, read_pairs_file, sound_pairs, ways=BOTH, tries=400),
    Reader("selection", make_selection, read_chosen, sound_selection, ways=BOTH),
    Reader("blocks", make_blocks, read_blocks, sound_pairs, ways=BOTH),
)
