"""Blocks of scans: a share of the chosen slices, images of one channel, with observations; their joining to pairs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from vspair.data.pairs import Pairs, Split
from vspair.data.selection import Selection, require_whole
from vspair.data.simulation import simulate
from vspair.errors import VspairError
from vspair.files import whole
from vspair.operators import Scan, crop_average

PARTS = ("qoi", "observation", "index", "patient", "test")

AT_ONCE = 32
"""Slices scanned at once: a full sinogram has 2 MB, an enlarged slice 4 MB."""


def scan_block(
    selection: Selection,
    scan: Scan,
    image: tuple[int, int],
    observation: tuple[int, int],
    binning: int,
    photons: float,
    seed: int,
    device: str,
) -> dict[str, np.ndarray]:
    """QoI and observation of a share of the slices, cropped and averaged.

    Arguments:
        selection: from `read_selection`; its own observations are taken where it has them, else scans are simulated.
        scan: of one slice.
        image, observation: sizes after cropping and averaging.
        binning: pixels, angles and bins averaged into one.
        photons: mean count without a patient.
        seed: of the photons; a slice's noise depends on it and on the slice alone.
        device: `cpu` or `cuda`.

    Returns:
        `qoi` (slices, 1, *image) and `observation` (slices, 1, *observation), float32; `index`, `patient` and `test`.
    """
    measured = selection.observation
    if measured is None:
        parts = range(0, len(selection.index), AT_ONCE)
        scans = (
            simulate(
                selection.images[start : start + AT_ONCE],
                selection.index[start : start + AT_ONCE],
                scan,
                photons,
                seed,
                device,
            )
            for start in parts
        )
        empty = np.empty((0, *observation), np.float32)
        measured = np.concatenate([empty, *(crop_average(part, observation, binning) for part in scans)])
    return {
        "qoi": crop_average(selection.images, image, binning)[:, None],
        "observation": measured[:, None],
        "index": selection.index,
        "patient": selection.patient,
        "test": selection.test,
    }


def write_block(path: Path, block: dict[str, np.ndarray]) -> None:
    """Write a block as one safetensors file, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    with whole(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in block.items()}, temporary)


def join_blocks(paths: Sequence[Path]) -> Pairs:
    """All blocks, files written by `write_block`, as pairs in the order of the blocks.

    Raises:
        VspairError: a file is not one of ours, truncated or damaged, or of other slices than the first.
    """
    blocks = [_read(path) for path in paths]
    for path, block in zip(paths, blocks, strict=True):
        for name, array in block.items():
            if (form := (array.dtype, array.shape[1:])) != (
                first := (blocks[0][name].dtype, blocks[0][name].shape[1:])
            ):
                raise VspairError(
                    f"expected {name} of {path} as in {paths[0]}, {first}, found {form}: delete both and run the same "
                    "command again"
                )
    whole_set = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return Pairs(_part(whole_set, ~whole_set["test"]), _part(whole_set, whole_set["test"]))


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        block = load_file(path)
        parts = {name: block[name] for name in PARTS}
        require_whole(parts, ("qoi", "observation"))
        return parts
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise VspairError(
            f"{path} is not a whole block of scans ({error}): delete it and run the same command again"
        ) from error


def _part(arrays: dict[str, np.ndarray], rows: np.ndarray) -> Split:
    return Split(arrays["qoi"][rows], arrays["observation"][rows], None, arrays["index"][rows], arrays["patient"][rows])
