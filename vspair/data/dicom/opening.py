"""Opening of DICOM files: what is one, how it is written, and whether its pixels are there; nothing is trusted."""

import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    from pydicom import FileDataset

INFLATED = 2**26
"""Bytes of a deflated file at most once it is inflated; a slice of 2048x2048 has an eighth of that."""

PIXELS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}

UNDEFINED = 2**32 - 1
"""Length of what ends with a mark."""


class Stored(NamedTuple):
    """What a file says of its pixels.

    Attributes:
        tag: of the element that holds them.
        length: in bytes as declared, `UNDEFINED` if they are compressed.
        left: bytes that the file has from their beginning on.
    """

    tag: int
    length: int
    left: int


@contextmanager
def guarded(complaint: str, advice: str) -> Iterator[None]:
    """Turn whatever pydicom meets in a file, which is somebody else's, into one sentence; its warnings stay unsaid.

    Arguments:
        complaint, advice: beginning and end of the sentence.

    Raises:
        VspairError: in the place of any exception.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except VspairError:
            raise
        except Exception as error:
            said = quoted(" ".join(str(error).split()) or type(error).__name__)
            raise VspairError(f"{complaint} ({said}): {advice}") from error


def is_dicom(file: BinaryIO) -> bool:
    """Whether a file is DICOM, with preamble or without; the file is left where its elements begin."""
    from pydicom.valuerep import VR

    begin = file.read(132)
    if begin[128:] == b"DICM":
        return True
    file.seek(0)
    little = begin[:2] in (b"\x02\x00", b"\x08\x00")
    if len(begin) < 132 or not (little or begin[:2] == b"\x00\x08"):
        return False
    order = "little" if little else "big"
    element, length = int.from_bytes(begin[2:4], order), int.from_bytes(begin[4:8], order)
    explicit = begin[4:6].decode("latin-1") in set(VR)
    # The first element of a group is its length or one of the next few, and all of these are short.
    return element <= 0x18 and (explicit or (little and length <= 1024))


def read(path: Path, file: BinaryIO, tags: Sequence[str]) -> tuple["FileDataset", Stored | None]:
    """Fields of a DICOM file whose elements begin where `file` stands, and what it says of its pixels.

    Raises:
        VspairError: it is deflated and larger than any slice.
    """
    from pydicom.filereader import read_partial
    from pydicom.tag import Tag

    inflated = _inflated(path, file)
    file.seek(0)
    found: list[tuple[int, str | None, int]] = []

    def at_pixels(tag: int, vr: str | None, length: int) -> bool:
        if tag in PIXELS:
            found.append((tag, vr, length))
        return tag in PIXELS

    dataset = read_partial(file, at_pixels, force=True, specific_tags=[Tag(name) for name in tags])
    if not found:
        return dataset, None
    tag, vr, length = found[0]
    size, place = os.fstat(file.fileno()).st_size, file.tell() + (8 if vr is None else 12)
    # Of an inflated file, which pydicom keeps for itself, only the whole is known.
    return dataset, Stored(tag, length, size - place if inflated is None else inflated)


def transfer_syntax(dataset: "FileDataset") -> str:
    """How a file is written; where it does not say so, as its elements were found to be."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = dataset.original_encoding
    found = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
    return str(dataset.file_meta.get("TransferSyntaxUID") or found)


def require_pixels(path: Path, dataset: "FileDataset", stored: Stored | None, needed: int) -> None:
    """Refuse pixels that are not there, or not written in a way that can be read.

    Arguments:
        path: of the file.
        dataset, stored: from `read`.
        needed: bytes of the pixels.

    Raises:
        VspairError: with what was found.
    """
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID, AllTransferSyntaxes

    complaint = f"the pixels of {path} cannot be read"
    if stored is None or PIXELS[stored.tag] != "PixelData":
        found = "none" if stored is None else PIXELS[stored.tag]
        raise VspairError(
            f"{complaint} (expected PixelData, found {found}): it is damaged; fetch it again or remove it"
        )
    syntax = UID(transfer_syntax(dataset))
    if syntax not in AllTransferSyntaxes:
        raise VspairError(f"{complaint} (transfer syntax {str(syntax)[:64]!a} is not known): mend or remove it")
    if syntax.is_encapsulated:
        if not get_decoder(syntax).is_available:
            raise VspairError(
                f"{complaint} ({syntax.name}): it is compressed; decompress it, for instance with `gdcmconv --raw`"
            )
        if stored.length == UNDEFINED:
            return
    elif needed <= stored.length < max(2 * needed, needed + 16) and stored.length <= stored.left:
        return
    declared = "no length" if stored.length == UNDEFINED else f"{stored.length} bytes"
    raise VspairError(
        f"{complaint} ({declared} of which the file has {stored.left}, instead of {needed}): it is damaged, perhaps "
        "cut short; fetch it again or remove it"
    )


def _inflated(path: Path, file: BinaryIO) -> int | None:
    """Bytes that a deflated file takes inflated, found without keeping them; None if it is not deflated."""
    from pydicom.filereader import read_dataset
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return None
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    waiting = file.read(2**16)
    while waiting and not inflater.eof:
        total += len(inflater.decompress(waiting, 2**20))
        if total > INFLATED:
            raise VspairError(
                f"{path} is deflated and takes more than {INFLATED >> 20} MiB inflated, more than any slice: remove it"
            )
        waiting = inflater.unconsumed_tail or file.read(2**16)
    return total
