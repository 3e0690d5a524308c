"""Sources of axial CT slices behind one interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from vspair.data.dicom import DicomFolder
from vspair.data.hounsfield import HounsfieldFile
from vspair.data.lodopab import LodopabFolder
from vspair.data.phantoms import Phantoms

SOURCES = ("phantoms", "hounsfield", "dicom", "lodopab")


class Slices(Protocol):
    """Axial CT slices of one source, read by index.

    Attributes:
        patients: code of each slice's patient, integers (n,); `vspair.data.groups.UNKNOWN` where it is not known.
        grouped: what the known codes tell apart: `patient`; `study` or `series`, two of which may be of one patient;
            `part`, if only the source's parts are of different patients; `unknown`, if no code is known.
        files: sentence on how many files are used, how many are passed over, and why, without their names.
        remarks: further sentences for the log alone.
        held_out: True where the source itself assigns a slice to its test part, (n,); None if it has no parts.
    """

    patients: np.ndarray
    held_out: np.ndarray | None

    @property
    def grouped(self) -> str: ...

    @property
    def files(self) -> str: ...

    @property
    def remarks(self) -> Sequence[str]: ...

    def __len__(self) -> int: ...

    def name(self, position: int) -> str:
        """What to call a slice in a sentence."""
        ...

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation in [0, 1] of the slices asked for, float32 (k, pixels, pixels)."""
        ...

    def sinograms(self, index: np.ndarray) -> np.ndarray | None:
        """Published observations of the slices asked for, float32 (k, angles, bins); None: to be simulated."""
        ...


def open_slices(source: str, path: Path, *, pixels: int, angles: int, bins: int, count: int, seed: int) -> Slices:
    """Open a source and check its layout, without reading its slices.

    Arguments:
        source: `phantoms`, `hounsfield`, `dicom` or `lodopab`.
        path: HDF5 file (`hounsfield`) or folder (`dicom`, `lodopab`); unused by `phantoms`.
        pixels: along each side of a slice.
        angles, bins: size of a published sinogram.
        count: phantoms to be had.
        seed: of the phantoms.

    Raises:
        VspairError: the source is missing, damaged, or of another layout or size.
        ValueError: `source` is none of the four.
    """
    match source:
        case "phantoms":
            return Phantoms(count, pixels, seed)
        case "hounsfield":
            return HounsfieldFile(path, pixels)
        case "dicom":
            return DicomFolder(path, pixels)
        case "lodopab":
            return LodopabFolder(path, pixels, angles, bins)
    raise ValueError(f"source is {source!r} instead of one of {', '.join(SOURCES)}")


def check_slices(source: str, path: Path, *, pixels: int, angles: int, bins: int) -> None:
    """Say before any work what is wrong with a source, if anything is; reads headers and a few slices.

    Raises:
        VspairError: the source is missing, damaged, or of another layout or size.
        ValueError: `source` is none of the four.
    """
    open_slices(source, path, pixels=pixels, angles=angles, bins=bins, count=1, seed=0)
