"""What an HDF5 dataset declares must be in its file, all of it, in a form that can be read and is not scaled."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import h5py

DENSEST = 1032
"""Factor by which gzip makes a file smaller at most."""

CHUNK = 2**30
"""Bytes of the largest chunk that is read: HDF5 unpacks one as a whole."""

FILTERS = {
    **{307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP"},
    **{32015: "Zstandard", 32017: "SZ", 32026: "Blosc2"},
}
"""Numbers under which filters are registered with The HDF Group."""

FLETCHER32 = 3
"""Number of the filter that adds a checksum."""

SLOPES = ("scalefactor", "rescaleslope", "slope", "sclslope", "scale", "gain", "factor")
INTERCEPTS = ("addoffset", "rescaleintercept", "intercept", "sclinter", "offset")
NO_VALUE = ("fillvalue", "missingvalue", "nodata", "nodatavalue", "paddingvalue", "pixelpaddingvalue")
"""Attributes of conventions (CF, netCDF, DICOM, NIfTI) that change what stored values mean, in small letters alone."""


def require_stored(found: "h5py.Dataset", where: str, size: int) -> None:
    """Refuse a dataset that is not wholly inside its file, not all written, or that this HDF5 cannot read.

    Arguments:
        found: the dataset, of one dimension or more.
        where: its name for sentences.
        size: bytes of its file.

    Raises:
        VspairError: it lies elsewhere, has a filter that is missing here, declares more than a file of this size can
            hold, or rows that were never written, which HDF5 reads as its fill value without a word.
    """
    properties = found.id.get_create_plist()
    if found.is_virtual or properties.get_external_count():
        kind = "virtual" if found.is_virtual else "kept in external files"
        raise VspairError(
            f"{where} is {kind}: its values lie in other files, whose content could change or be missing unseen; write "
            "the values into the file itself"
        )
    _require_filters([properties.get_filter(number) for number in range(properties.get_nfilters())], where)
    declared = math.prod(found.shape) * found.dtype.itemsize
    if found.chunks is None:
        if not found.id.get_storage_size():
            raise VspairError(_unwritten(where, range(min(found.shape[0], 3)), found.shape[0], found.shape[0]))
    else:
        _require_chunks(found, where)
    if declared > DENSEST * size:
        raise VspairError(
            f"{where} declares {found.shape} values, {declared:.3g} bytes, but the file has only {size}: it is "
            "truncated or damaged; fetch it again"
        )


def require_unscaled(file: "h5py.File", found: "h5py.Dataset", where: str, real: tuple[float, float]) -> None:
    """Refuse what says that the stored values are not the values themselves, on the dataset or beside it.

    Arguments:
        file: open.
        found: the dataset in it.
        where: its name for sentences.
        real: range in which a value that stands for none would be taken for a real one, the upper end included.

    Raises:
        VspairError: a slope other than 1, an intercept other than 0, or a fill value in that range.
    """
    for holder, owner in ((found, where), (file, str(file.filename))):
        for names, neutral in ((SLOPES, 1), (INTERCEPTS, 0)):
            for name, value in attributes(holder, names):
                if value is None or (value != neutral).any():
                    raise VspairError(
                        f"{owner} has the attribute {quoted(name)}, {_shown(value)}, which is not "
                        f"applied: store the values themselves and remove the attribute, or set it to {neutral}"
                    )
    for name, value in attributes(found, NO_VALUE):
        if value is None or ((value > real[0]) & (value <= real[1])).any():
            raise VspairError(
                f"{where} has the attribute {quoted(name)}, {_shown(value)}, but that would be taken for "
                "a real value: store what is true there, air for instance, and remove the attribute"
            )
    for name in file:
        if _bare(name) in SLOPES + INTERCEPTS:
            raise VspairError(
                f"{file.filename} has `{quoted(name)}` beside the slices, which is not applied: store the values "
                "themselves, and leave it out"
            )


def attributes(found: "h5py.Dataset | h5py.Group", names: tuple[str, ...]) -> Iterable[tuple[str, np.ndarray | None]]:
    """Attributes of these names, however they are spelled, with their numbers; None for what is no number.

    No text is read: its length is what a damaged file says it is.
    """
    for name in found.attrs:
        if _bare(name) in names:
            number = found.attrs.get_id(name).dtype.kind in "iuf"
            yield name, np.atleast_1d(np.asarray(found.attrs[name], dtype=np.float64)) if number else None


def _shown(value: np.ndarray | None) -> str:
    return "no number" if value is None else quoted(value if len(value) > 1 else value[0], 40)


def _bare(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _require_filters(filters: list[tuple[int, int, tuple, bytes]], where: str) -> None:
    """Refuse filters that this HDF5 lacks, and one that is used twice, by which little becomes much."""
    from h5py import h5z

    codes = [code for code, *_ in filters]
    for code, _, _, name in filters:
        known = FILTERS.get(code) or quoted(name.decode("latin-1"), 40) or "unknown"
        if codes.count(code) > 1:
            raise VspairError(f"{where} is compressed by filter {code} ({known}) twice: write it with gzip, once")
        if not h5z.filter_avail(code) or not h5z.get_filter_info(code) & h5z.FILTER_CONFIG_DECODE_ENABLED:
            raise VspairError(
                f"{where} is compressed by filter {code} ({known}), which this installation of HDF5 lacks: rewrite the "
                "file with gzip where it can be read, such as by `h5repack -f GZIP=4 old.h5 new.h5`"
            )


def _require_chunks(found: "h5py.Dataset", where: str) -> None:
    """Refuse chunks that are missing, too large, or larger in the file than they are when read."""
    each = math.prod(found.chunks) * found.dtype.itemsize
    if each > CHUNK:
        raise VspairError(
            f"{where} has chunks of {found.chunks} values, {each:.3g} bytes: write it with smaller ones, such as one "
            "for each slice"
        )
    grid = [-(-length // side) for length, side in zip(found.shape, found.chunks, strict=True)]
    properties = found.id.get_create_plist()
    filters = [properties.get_filter(number)[0] for number in range(properties.get_nfilters())]
    plain_size = math.prod(grid) * each
    if not filters and (found.id.get_num_chunks(), found.id.get_storage_size()) == (math.prod(grid), plain_size):
        # To look at each chunk of a large file takes its time, and only filters fail on an odd one.
        return
    sizes, there = _written(found)
    if sum(there.values()) < math.prod(grid):
        _refuse_missing(found, where, there, math.prod(grid[1:]))
    # The library reads four bytes of checksum in front of a chunk that is smaller.
    least = (8 if FLETCHER32 in filters else 1) if filters else each
    if len(there) > grid[0] or not least <= sizes.min() <= sizes.max() <= 1.1 * each + 4096:
        raise VspairError(
            f"{where} has chunks of {sizes.min()} to {sizes.max()} bytes for {each} bytes of values: it is damaged; "
            "fetch it again"
        )


def _written(found: "h5py.Dataset") -> tuple[np.ndarray, Counter[int]]:
    """Bytes of each chunk in the file, and how many chunks begin at each row."""
    seen: list[h5py.h5d.StoreInfo] = []
    found.id.chunk_iter(seen.append)
    offsets = np.array([chunk.chunk_offset for chunk in seen], dtype=np.uint64).reshape(-1, found.ndim)
    places, masks, sizes = (
        np.array([getattr(chunk, name) for chunk in seen], dtype=np.uint64)
        for name in ("byte_offset", "filter_mask", "size")
    )
    # What lies elsewhere, or nowhere, HDF5 reads as if it had not been written.
    inside = (offsets < np.array(found.shape, np.uint64)) & (offsets % np.array(found.chunks, np.uint64) == 0)
    kept = inside.all(axis=1) & (places > 0)
    # Filters that were skipped for a chunk leave it as large as it is when read.
    sizes[(masks > 0) & (sizes < math.prod(found.chunks) * found.dtype.itemsize)] = 0
    first = np.unique(offsets[kept], axis=0)[:, 0] if kept.any() else []
    return sizes[kept], Counter(map(int, first))


def _refuse_missing(found: "h5py.Dataset", where: str, there: Counter[int], together: int) -> None:
    """Tell which slices lack one of the chunks, `together` of them side by side, that a slice is spread over."""
    side, whole = found.chunks[0], {first for first, count in there.items() if count >= together}
    # As many as are whole, and three more, are enough to meet the first three that are not.
    starts = range(0, found.shape[0], side)[: len(whole) + 3]
    lacking = [number for start in starts if start not in whole for number in range(start, start + side)[:3]]
    count = found.shape[0] - sum(min(side, found.shape[0] - first) for first in whole)
    raise VspairError(_unwritten(where, [number for number in lacking if number < found.shape[0]], count, len(found)))


def _unwritten(where: str, lacking: Iterable[int], count: int, length: int) -> str:
    first = ", ".join([*map(str, list(lacking)[:3]), *(["..."] if count > 3 else [])])
    return (
        f"{where}: {count} of its {length} slices were never written ({first}; from 0) and "
        "would be read as 0: the program that wrote the file was stopped or lacked a file; write it again, or leave "
        "those slices out"
    )
