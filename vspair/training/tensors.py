"""Tensors in a safetensors file, written and read one after another: no second copy of all of them is ever held."""

import json
import math
import struct
from collections.abc import Container, Iterable, Iterator, Mapping
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

Form = tuple[str, tuple[int, ...]]
"""Type, by the format's name, and shape of a tensor."""


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


def header_of(path: Path) -> tuple[dict[str, str], dict[str, Form]]:
    """Metadata of a safetensors file, and the form of each tensor by its name.

    Raises:
        SafetensorError: the file is not whole.
        OSError: it cannot be read.
    """
    with safe_open(path, framework="pt") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        forms = {name: (each.get_dtype(), tuple(each.get_shape())) for name, each in slices.items()}
        return file.metadata() or {}, forms


def form_of(tensor: Tensor) -> Form:
    """The form that a tensor has in a file."""
    return CODES[tensor.dtype], tuple(tensor.shape)


def require_usable(
    path: Path, expected: Mapping[str, Form], found: Mapping[str, Form], not_negative: Container[str] = ()
) -> None:
    """Check that a file holds these tensors and no others, and finite numbers alone, before one of them is used.

    Arguments:
        path: of a safetensors file.
        expected: form of each tensor.
        found: forms from `header_of`.
        not_negative: names of the tensors whose numbers are 0 at least.

    Raises:
        ValueError: it does not; the text says which tensor, what was expected and what was found.
    """
    for name in sorted(expected.keys() | found.keys()):
        wanted, there = (" ".join(map(str, form[name])) if name in form else "none" for form in (expected, found))
        if wanted != there:
            raise ValueError(f"{name} was expected as {wanted} and found as {there}")
    for (name, (_, shape)), tensor in zip(expected.items(), read(path, expected), strict=True):
        if not math.prod(shape) or not tensor.is_floating_point():
            continue
        # Both are NaN where one number is, and nothing of the tensor's size is made.
        lowest, highest = (float(end) for end in tensor.aminmax())
        if not (math.isfinite(lowest) and math.isfinite(highest)):
            raise ValueError(f"{name} was expected to hold finite numbers, found numbers from {lowest} to {highest}")
        if name in not_negative and lowest < 0:
            raise ValueError(f"{name} was expected to hold no negative number, found {lowest}")


def read(path: Path, names: Iterable[str]) -> Iterator[Tensor]:
    """Tensors of a file, one after another, on the host."""
    for name in names:
        # Opened anew for each: what was read of the mapped file counts as memory of the process until it is closed.
        with safe_open(path, framework="pt") as file:
            yield file.get_tensor(name)


def read_into(path: Path, targets: Mapping[str, Tensor]) -> None:
    """Copy tensors of a file into those that are there, wherever and in whatever layout they lie.

    Arguments:
        path: of a safetensors file.
        targets: by their names in the file, of the forms that they have there.
    """
    with torch.no_grad():
        for target, tensor in zip(targets.values(), read(path, targets), strict=True):
            target.copy_(tensor)
