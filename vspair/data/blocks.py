"""Blocks of scans: a share of the chosen slices, images of one channel, with observations; their joining to pairs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from vspair.data.arrays import AGAIN, not_whole, read_whole, require_kinds
from vspair.data.checks import require_finite, require_within
from vspair.data.pairs import Pairs, Split
from vspair.data.selection import Selection
from vspair.data.simulation import simulate
from vspair.errors import VspairError
from vspair.files import whole
from vspair.operators import Scan, crop_average

KINDS = {"qoi": "f4", "observation": "f4", "index": "i", "patient": "i", "test": "b"}
"""Parts of a block, with the types that each may have (see `require_kinds`)."""

CALLED = "block of scans"

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

    Raises:
        VspairError: an image leaves [0, 1], or an observation is not finite.
    """
    require_within(selection.images, "the chosen slices", "choose them again", low=0, high=1, numbers=selection.index)
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
    require_finite(measured, "observations", "choose a number of photons that is less extreme", numbers=selection.index)
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
        VspairError: a file is not one of ours, truncated, or holds what cannot be; blocks do not fit together.
    """
    blocks = [_read(path) for path in paths]
    for path, block in zip(paths, blocks, strict=True):
        for name in ("qoi", "observation"):
            if block[name].shape[1:] != blocks[0][name].shape[1:]:
                raise not_whole(path, CALLED, f"its {name} is of another shape than that of {paths[0]}")
    whole_set = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    if len(np.unique(whole_set["index"])) != len(whole_set["index"]):
        raise VspairError(f"the blocks {paths[0]}, ... hold a slice twice: delete them and run the same command again")
    return Pairs(_part(whole_set, ~whole_set["test"]), _part(whole_set, whole_set["test"]))


def _read(path: Path) -> dict[str, np.ndarray]:
    block = read_whole(path, CALLED)
    try:
        require_kinds(block, KINDS)
        block = {name: block[name] for name in KINDS}
        count, *others = ((len(array), array.ndim) for array in block.values())
        if {count, *others} - {(count[0], 1), (count[0], 4)}:
            raise ValueError(f"its parts are of the shapes {[array.shape for array in block.values()]}")
    except (KeyError, TypeError, ValueError) as error:
        raise not_whole(path, CALLED, error) from error
    require_within(block["qoi"], f"{path}: `qoi`", AGAIN, low=0, high=1)
    return block


def _part(arrays: dict[str, np.ndarray], rows: np.ndarray) -> Split:
    return Split(arrays["qoi"][rows], arrays["observation"][rows], None, arrays["index"][rows], arrays["patient"][rows])
