"""Axial CT slices of a folder of DICOM files."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from vspair.data.units import attenuation
from vspair.errors import VspairError

TAGS = (
    *("Modality", "ImageType", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "RescaleType"),
    *("RescaleSlope", "RescaleIntercept", "PatientID", "SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber"),
    *("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation"),
)
"""Fields read from every file before any pixel is."""

AXIAL = 0.8
"""Least cosine between the patient's axis and the normal of an axial slice, which allows for a tilted gantry."""


class _Slice(NamedTuple):
    """One file; slices sort by patient, series, position along the axis and number."""

    patient: str
    series: str
    position: float
    number: int
    path: Path
    size: int


class DicomFolder:
    """The CT slices of a folder and its subfolders, cut to their central square.

    Files that are no DICOM, of another modality or localisers are passed over. Slices are ordered by patient, series
    and position along the patient's axis, whatever their files are called. They stay as stored: x[i, j] is row i,
    column j, so that in the usual position i runs from the patient's front to the back and j from right to left.
    Their squares are taken to be of the scan's side whatever their pixels measured, as LoDoPaB does.

    Arguments:
        path: folder.
        pixels: along each side of the central square; slices must have at least as many.

    Raises:
        VspairError: there is no CT slice, or one that is damaged, not axial, too small, of another size than the
            others, or without what turns its values into Hounsfield units.
    """

    held_out = None
    grouped = "patient"

    def __init__(self, path: Path, pixels: int):
        path = Path(path)
        if not path.is_dir():
            raise VspairError(f"{path} is missing: put a folder of DICOM files there, or set data.path to where it is")
        found = [header for file in sorted(path.rglob("*")) if file.is_file() and (header := _header(file, pixels))]
        if not found:
            raise VspairError(
                f"{path} holds no CT slice in DICOM (files of modality CT that are no localisers): "
                "set data.path to the folder that holds them"
            )
        found.sort()
        sizes = sorted({one.size for one in found})
        if len(sizes) > 1:
            examples = ", ".join(f"{next(one.path for one in found if one.size == size)} ({size})" for size in sizes)
            raise VspairError(
                f"{path} holds slices of several sizes, though all must have the same: {examples}; "
                "keep those of one size in the folder"
            )
        self.pixels = pixels
        self._paths = [one.path for one in found]
        self.patients = np.unique([one.patient for one in found], return_inverse=True)[1]

    def __len__(self) -> int:
        return len(self._paths)

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: a file is damaged or compressed in a way that cannot be read.
        """
        images = np.empty((len(index), self.pixels, self.pixels), dtype=np.float32)
        for image, position in zip(images, index, strict=True):
            image[:] = _central(self._paths[position], self.pixels)
        return images

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""


def _header(path: Path, pixels: int) -> _Slice | None:
    """What is needed of a CT slice's header; None for what is to be passed over."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError
    from pydicom.misc import is_dicom

    if path.suffix.lower() != ".dcm" and not is_dicom(path):
        return None
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=list(TAGS))
    except (InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise VspairError(f"{path} cannot be read as DICOM ({error}): fetch it again or remove it") from error
    if header.get("Modality") != "CT" or "LOCALIZER" in header.get("ImageType", ()) or "Rows" not in header:
        return None
    _check(path, header, pixels)
    position = header.get("ImagePositionPatient")
    return _Slice(
        patient=str(header.get("PatientID") or header.SeriesInstanceUID),
        series=str(header.get("SeriesInstanceUID", "")),
        position=float(position[2] if position else header.get("SliceLocation") or 0),
        number=int(header.get("InstanceNumber") or 0),
        path=path,
        size=int(header.Rows),
    )


def _check(path: Path, header, pixels: int) -> None:
    """Refuse a CT slice that this project cannot use."""
    frames, samples = int(header.get("NumberOfFrames") or 1), int(header.get("SamplesPerPixel") or 1)
    if frames != 1 or samples != 1:
        raise VspairError(f"{path} holds {frames} frames of {samples} channels: split it into grey slices, one a file")
    rows, columns = header.get("Rows"), header.get("Columns")
    if rows != columns or rows < pixels:
        raise VspairError(
            f"{path} has {rows}x{columns} pixels, but slices must be square with at least {pixels}: "
            "remove it, or set the scan's pixels"
        )
    if header.get("RescaleSlope") is None or header.get("RescaleIntercept") is None:
        raise VspairError(
            f"{path} lacks RescaleSlope or RescaleIntercept, so its Hounsfield units are not known: remove it"
        )
    if header.get("RescaleType", "HU") not in ("HU", "HU_MOD", ""):
        raise VspairError(
            f"{path} has values of RescaleType {header.RescaleType} instead of HU (Hounsfield units): remove it"
        )
    orientation = header.get("ImageOrientationPatient")
    if orientation and abs(np.cross(orientation[:3], orientation[3:])[2]) < AXIAL:
        raise VspairError(f"{path} is not an axial slice (ImageOrientationPatient {list(orientation)}): remove it")
    if not header.get("PatientID") and not header.get("SeriesInstanceUID"):
        raise VspairError(
            f"{path} has neither PatientID nor SeriesInstanceUID, so that it could not be kept apart from slices of "
            "the same patient: remove it"
        )


def _central(path: Path, pixels: int) -> np.ndarray:
    """Normalised attenuation of the central square of one slice."""
    from pydicom import dcmread

    try:
        file = dcmread(path)
        stored = file.pixel_array
    except Exception as error:  # pydicom's decoders raise all kinds, and each file is somebody else's
        raise VspairError(
            f"the pixels of {path} cannot be read ({str(error).splitlines()[0]}): it is damaged, or compressed; "
            "decompress it, for instance with `gdcmconv --raw`"
        ) from error
    start = (stored.shape[0] - pixels) // 2
    square = stored[start : start + pixels, start : start + pixels].astype(np.float32)
    return attenuation(square * np.float32(file.RescaleSlope) + np.float32(file.RescaleIntercept))
