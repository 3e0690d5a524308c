"""Tensors in a safetensors file, written and read one after another: no second copy of all of them is ever held."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from vspair.files import whole

CODES = {
    torch.float64: "F64",
    torch.int64: "I64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""The format's names of types."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write the file that safetensors' `save_file` writes, whole or not at all, with one tensor on the host at a time.

    The library's own function first brings all tensors of a GPU to the host, and all that are not contiguous into a
    copy. The format: the length of the header in 8 bytes, the header in JSON, then the tensors without gaps.

    Arguments:
        path: the file.
        tensors: dense, on any device, of the types in `CODES`.
        metadata: text for the header.

    Raises:
        VspairError: the disk is full.
    """
    # Types with the widest numbers first, so that each tensor begins at a multiple of the width of its numbers.
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in order:
        tensor, begin = tensors[name], end
        end = begin + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": CODES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    encoded = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    encoded += b" " * (-len(encoded) % 8)
    with whole(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for name in order:
            file.write(tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())


def header_of(path: Path) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """Metadata of a safetensors file, and the shape of each tensor by its name.

    Raises:
        SafetensorError: the file is not whole.
    """
    with safe_open(path, framework="pt") as file:
        return file.metadata() or {}, {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


def read_into(path: Path, targets: Mapping[str, Tensor]) -> None:
    """Copy tensors of a file into those that are there, wherever and in whatever layout they lie.

    Arguments:
        path: of a safetensors file.
        targets: by their names in the file, of the shapes that they have there.
    """
    for name, target in targets.items():
        # Opened anew for each: what was read of the mapped file counts as memory of the process until it is closed.
        with safe_open(path, framework="pt") as file, torch.no_grad():
            target.copy_(file.get_tensor(name))
