"""torchvision, kept behind one module because its import needs care beside a CPU-only torch."""

import math
from pathlib import Path

import numpy as np
import torch

from vspair.errors import VspairError


def _import_torchvision():
    """Import torchvision, also where its compiled operators do not match a CPU-only torch.

    There the import stops at operators for object detection, which this project never calls; declaring their
    signatures lets it go on. Any other failure is passed on.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision._declared_operators = library
    return torchvision


torchvision = _import_torchvision()


def read_idx(path: Path) -> np.ndarray:
    """Images (uint8, one per row of the first axis) or labels (int64) of an unpacked idx file.

    Raises:
        VspairError: its header is of another kind, or declares more or less than the file holds.
    """
    reader, sides = ("read_image_file", 3) if "idx3" in path.name else ("read_label_file", 1)
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(4 * (1 + sides))
    shape = [int.from_bytes(header[start : start + 4], "big") for start in range(4, len(header), 4)]
    # 8 stands for bytes, without a sign.
    if header[:4] != bytes([0, 0, 8, sides]) or len(header) + math.prod(shape) != size or not math.prod(shape):
        raise VspairError(
            f"{path} has {size} bytes and begins with {header.hex()}, but an idx file of bytes with {sides} "
            f"dimension{'s' if sides > 1 else ''} has all that its header declares: fetch it again"
        )
    return getattr(torchvision.datasets.mnist, reader)(str(path)).numpy()


def download_dataset(name: str, folder: Path) -> None:
    """Download the torchvision data set `name`, such as `MNIST`, into `folder`, verifying its checksums.

    Raises:
        RuntimeError, OSError: no mirror could be reached, or what came is damaged.
    """
    getattr(torchvision.datasets, name)(root=str(folder), train=True, download=True)
