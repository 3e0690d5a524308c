"""Headers of CT slices in DICOM: all that is used of one is read and checked here, before any pixel is."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from vspair.data.dicom.fields import Fields
from vspair.data.dicom.opening import Stored, guarded, is_dicom, read, require_pixels
from vspair.errors import VspairError

TAGS = (
    *("SOPClassUID", "SOPInstanceUID", "ImageType", "Modality", "PatientID"),
    *("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "InstanceNumber", "SliceLocation"),
    *("ImagePositionPatient", "ImageOrientationPatient", "SamplesPerPixel", "PhotometricInterpretation"),
    *("NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored", "PixelRepresentation"),
    *("PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleIntercept", "RescaleSlope", "RescaleType"),
    *("ModalityLUTSequence",),
)
"""Fields read from every file before any pixel is."""

AXIAL = 0.8
"""Least cosine between the patient's axis and the normal of an axial slice, which allows for a tilted gantry."""

LARGEST = 8192
"""Rows of a slice at most: four times as many as scanners write."""

SLOPES, INTERCEPTS = (1e-3, 1e3), (-(2.0**16), 2.0**16)
"""Bounds of what turns stored values of 8 to 32 bits into Hounsfield units."""

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
"""Class of a CT slice, and the beginning of those of its enhanced forms."""

SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
"""Class of pictures taken from a screen, and the beginning of those of its forms; some converters write slices so."""

DIRECTORY = "1.2.840.10008.1.3.10"
"""Class of a DICOMDIR."""

ATLASES = "1.2.840.10008.1.4."
"""Beginning of the frames of reference of atlases, which many patients share."""


ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".7z", ".rar")


class Header(NamedTuple):
    """What is used of one CT slice's header.

    Attributes:
        patient, study, series, frame, instance: identifiers, empty where the file has none.
        position: along the patient's axis, mm.
        number: in its series.
        size: rows and columns.
        slope, intercept: from stored values to Hounsfield units.
        padding: first and last stored value of what is outside the field of view, in the same signedness; None: none.
    """

    path: Path
    patient: str
    study: str
    series: str
    frame: str
    instance: str
    position: float
    number: int
    size: int
    slope: float
    intercept: float
    padding: tuple[int, int] | None


def read_header(path: Path, pixels: int) -> Header | str:
    """The header of a CT slice, or the reason for which the file is to be passed over.

    Arguments:
        path: regular file.
        pixels: along each side of the central square that is wanted.

    Raises:
        VspairError: the file cannot be read, or is a CT slice that is damaged or cannot be used.
    """
    complaint, advice = f"{path} cannot be read as DICOM", "fetch it again or remove it"
    with guarded(complaint, advice), path.open("rb") as file:
        if not is_dicom(file):
            if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
                raise VspairError(f"{complaint} (its content is something else, or empty): {advice}")
            return "archives (unpack them)" if path.suffix.lower() in ARCHIVES else "not DICOM"
        dataset, stored = read(path, file, TAGS)
        fields = Fields(path, dataset)
        return _passed_over(fields) or _header(fields, stored, pixels)


def _passed_over(fields: Fields) -> str | None:
    """Why a DICOM file is no CT slice; None if it is one."""
    modality, colours = fields.text("Modality"), fields.text("PhotometricInterpretation")
    kind = fields.text("SOPClassUID") or str(fields.dataset.file_meta.get("MediaStorageSOPClassUID") or "")
    if kind == DIRECTORY:
        return "DICOMDIR"
    if not modality and not kind:
        raise VspairError(
            f"{fields.path} cannot be read as DICOM (neither Modality nor SOPClassUID, as if its header ended early): "
            "fetch it again or remove it"
        )
    if modality != "CT" and (modality or not kind.startswith(CT_IMAGE)):
        return f"of modality {ascii(modality[:16])[1:-1]}" if modality else "of another kind of DICOM"
    if "LOCALIZER" in fields.text("ImageType").split("\\"):
        return "localisers"
    if "Rows" not in fields.dataset and kind and not kind.startswith(CT_IMAGE):
        return "of modality CT without an image"
    if colours and not colours.startswith("MONOCHROME"):
        return f"colour pictures ({ascii(colours[:16])[1:-1]}, as of screens and reports)"
    scaled = all(name in fields.dataset for name in ("RescaleSlope", "RescaleIntercept"))
    return "pictures of screens (secondary capture)" if kind.startswith(SECONDARY) and not scaled else None


def _header(fields: Fields, stored: Stored | None, pixels: int) -> Header:
    size = _size(fields, pixels)
    bits, signed = _storage(fields)
    require_pixels(fields.path, fields.dataset, stored, size * size * bits // 8)
    slope, intercept = _rescaling(fields)
    place = fields.numbers("ImagePositionPatient", 3, -1e6, 1e6)
    height = place[2] if place else fields.number("SliceLocation", -1e6, 1e6)
    _require_axial(fields)
    frame = fields.text("FrameOfReferenceUID")
    return Header(
        path=fields.path,
        patient=fields.text("PatientID"),
        study=fields.text("StudyInstanceUID"),
        series=fields.text("SeriesInstanceUID"),
        frame="" if frame.startswith(ATLASES) else frame,
        instance=fields.text("SOPInstanceUID"),
        position=height or 0.0,
        # Where a position orders slices, a number that is none does no harm.
        number=fields.whole("InstanceNumber", -(2**31), 2**31) or 0 if height is None else 0,
        size=size,
        slope=slope,
        intercept=intercept,
        padding=_padding(fields, bits, signed),
    )


def _size(fields: Fields, pixels: int) -> int:
    frames, samples = (fields.whole(name, 1, 2**31) or 1 for name in ("NumberOfFrames", "SamplesPerPixel"))
    if frames != 1 or samples != 1:
        raise VspairError(
            f"{fields.path} holds {frames} frames of {samples} channels: split it into grey slices, one a file"
        )
    rows, columns = (fields.needed(name, 1, LARGEST) for name in ("Rows", "Columns"))
    if rows != columns or rows < pixels:
        raise VspairError(
            f"{fields.path} has {rows}x{columns} pixels, but slices must be square with at least {pixels}: "
            "remove it, or set the scan's pixels"
        )
    return rows


def _storage(fields: Fields) -> tuple[int, bool]:
    """Bits allocated to a stored value, and whether it is signed."""
    bits, signed = fields.needed("BitsAllocated", 8, 32), fields.needed("PixelRepresentation", 0, 1)
    if bits not in (8, 16, 32):
        raise VspairError(f"{fields.path} has BitsAllocated {bits} instead of 8, 16 or 32: mend or remove it")
    fields.needed("BitsStored", 1, bits)
    fields.needed("SamplesPerPixel", 1, 1)
    if fields.text("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"):
        raise VspairError(f"{fields.path} has no PhotometricInterpretation that says MONOCHROME2: mend or remove it")
    return bits, bool(signed)


def _rescaling(fields: Fields) -> tuple[float, float]:
    """Slope and intercept from stored values to Hounsfield units."""
    path, unit = fields.path, fields.text("RescaleType")
    slope, intercept = fields.number("RescaleSlope", *SLOPES), fields.number("RescaleIntercept", *INTERCEPTS)
    if slope is None or intercept is None:
        raise VspairError(
            f"{path} lacks RescaleSlope or RescaleIntercept, so its Hounsfield units are not known: remove it"
        )
    if unit not in ("HU", "HU_MOD", ""):
        raise VspairError(
            f"{path} has values of RescaleType {ascii(unit[:16])[1:-1]} instead of HU (Hounsfield units): remove it"
        )
    if fields.dataset.get("ModalityLUTSequence"):
        raise VspairError(f"{path} has a ModalityLUTSequence, which is not applied here: remove it")
    return slope, intercept


def _require_axial(fields: Fields) -> None:
    orientation = fields.numbers("ImageOrientationPatient", 6, -1.01, 1.01)
    if orientation and abs(np.cross(orientation[:3], orientation[3:])[2]) < AXIAL:
        shown = ", ".join(f"{value:g}" for value in orientation)
        raise VspairError(f"{fields.path} is not an axial slice (ImageOrientationPatient {shown}): remove it")


def _padding(fields: Fields, bits: int, signed: bool) -> tuple[int, int] | None:
    """First and last stored value of padding; files write them as signed or unsigned, whatever their pixels are."""
    first, last = (fields.whole(name, -(2**31), 2**32 - 1) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit"))
    if first is None:
        return None
    ends = [end % 2**bits for end in (first, last) if end is not None]
    ends = [end - 2**bits if signed and end >= 2 ** (bits - 1) else end for end in ends]
    return min(ends), max(ends)
