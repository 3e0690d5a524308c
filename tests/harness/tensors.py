"""Damage to safetensors files that the format itself does not see: other headers of fitting length, other numbers."""

import json
import random
import struct

from mutations import JSON, TEXT, change_tree, flipped


def tensors(data: bytearray, draw: random.Random) -> str:
    """A safetensors file whose header stays consistent in length, with another header or other numbers."""
    length = struct.unpack("<Q", data[:8])[0]
    if draw.random() < 0.3:
        place = 8 + length + 4 * draw.randrange(max((len(data) - 8 - length) // 4, 1))
        value = draw.choice((float("nan"), float("inf"), float("-inf"), 3e38, -1.0))
        data[place : place + 4] = struct.pack("<f", value)
        return f"number at {place} set to {value}"
    header, body = json.loads(bytes(data[8 : 8 + length])), data[8 + length :]
    description = draw.choice((change_tree, _other_type, _other_form))(header, draw)
    encoded = json.dumps(header).encode()
    data[:] = struct.pack("<Q", len(encoded)) + encoded + body
    return description


def _other_type(header: dict, draw: random.Random) -> str:
    """A type of the same width, so that the format's own check of sizes passes."""
    alike = {"F32": ("I32", "U32"), "I64": ("F64", "U64"), "U8": ("BOOL", "I8"), "BOOL": ("U8",), "F64": ("I64",)}
    name = draw.choice([name for name in header if name != "__metadata__"])
    new = draw.choice(alike.get(header[name]["dtype"], ("F32",)))
    header[name]["dtype"] = new
    return f"{name} is of type {new}"


def _other_form(header: dict, draw: random.Random) -> str:
    """The same numbers in another shape."""
    name = draw.choice([name for name in header if name != "__metadata__"])
    size, shape = 1, header[name]["shape"]
    for length in shape:
        size *= length
    new = draw.choice(([size], [1, *shape], [*shape, 1], [size, 1], shape[::-1], [*shape[1:], *shape[:1]]))
    header[name]["shape"] = new
    return f"{name} has shape {new}"


def metadata(data: bytearray, draw: random.Random) -> str:
    """JSON inside the metadata of a safetensors file changed."""
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(bytes(data[8 : 8 + length])), data[8 + length :]
    inside = header.get("__metadata__")
    if not inside:
        return flipped(data, draw)
    key = draw.choice(sorted(inside))
    text = bytearray(inside[key].encode())
    description = draw.choice((*JSON, *TEXT))(text, draw)
    inside[key] = text.decode(errors="replace")
    encoded = json.dumps(header).encode()
    data[:] = struct.pack("<Q", len(encoded)) + encoded + body
    return f"{key}: {description}"
