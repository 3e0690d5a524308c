"""Strings of variable length from HDF5's heap, by its file format: the library itself never ends on a damaged heap.

On a length of four gigabytes it asks for as much memory, and on an object of no size it walks for ever; both come of
single damaged bytes. What is stored of each string is its length and its place, a collection and a number in it.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from vspair.errors import VspairError

if TYPE_CHECKING:
    import h5py

PLACE = np.dtype([("length", "<u4"), ("collection", "<u8"), ("number", "<u4")])

LONGEST = 1024
"""Bytes of a string at most."""


def variable_strings(stored: "h5py.Dataset", path: Path | str) -> list[bytes]:
    """All strings of a dataset of one dimension, which holds strings of variable length.

    Arguments:
        stored: the dataset, all of it written.
        path: its file.

    Raises:
        VspairError: it is compressed, or a string is too long or lies nowhere.
    """
    if stored.id.get_create_plist().get_nfilters():
        raise VspairError(
            f"{path}: `patient` holds compressed strings of variable length: write them uncompressed, or as strings of "
            "fixed length"
        )
    places, base = np.zeros(len(stored), PLACE), stored.file.userblock_size
    with Path(path).open("rb") as file:
        for first, offset, count in _parts(stored):
            file.seek(offset)
            part = np.frombuffer(file.read(count * PLACE.itemsize), PLACE)
            places[first : first + count] = part[: len(places) - first]
        used = places[places["length"] > 0]
        heap = {one: _collection(file, base + int(one)) for one in np.unique(used["collection"])}
        return [_string(file, place, heap, path) for place in places]


def _parts(stored: "h5py.Dataset") -> list[tuple[int, int, int]]:
    """First row, place in the file and number of rows of each part of a dataset."""
    if stored.chunks is None:
        return [(0, stored.id.get_offset(), len(stored))]
    parts = []
    stored.id.chunk_iter(lambda chunk: parts.append((chunk.chunk_offset[0], chunk.byte_offset, stored.chunks[0])))
    return parts


def _collection(file: BinaryIO, start: int) -> dict[int, tuple[int, int]]:
    """Place in the file and size of each object of a collection by its number; none of what is no collection."""
    size = file.seek(0, os.SEEK_END)
    file.seek(min(start, size))
    head = file.read(16)
    if len(head) < 16 or head[:5] != b"GCOL\x01":
        return {}
    position, end, objects = start + 16, min(start + int.from_bytes(head[8:], "little"), size), {}
    while position + 16 <= end:
        file.seek(position)
        head = file.read(16)
        number, size = int.from_bytes(head[:2], "little"), int.from_bytes(head[8:], "little")
        # Number 0 is what is free, up to the end.
        if len(head) < 16 or not number or number in objects:
            break
        objects[number] = (position + 16, size)
        position += 16 + -(-size // 8) * 8
    return objects


def _string(file: BinaryIO, place: np.void, heap: dict, path: Path | str) -> bytes:
    length = int(place["length"])
    if not length:
        return b""
    start, size = heap[place["collection"]].get(int(place["number"]), (0, 0))
    if not length <= min(size, LONGEST):
        raise VspairError(
            f"{path}: `patient` has a name of {length} bytes where {size} are stored and at most {LONGEST} are read: "
            "it is damaged; fetch it again, or leave `patient` out"
        )
    file.seek(start)
    return file.read(length)
