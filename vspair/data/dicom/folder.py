"""The CT slices of a folder of DICOM files, grouped by the patients, studies or series that they are of."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vspair.data.dicom.header import Header, read_header
from vspair.data.dicom.pixels import hounsfield
from vspair.data.folders import files_of, told
from vspair.data.groups import GROUPS, UNKNOWN, joined
from vspair.data.units import attenuation, require_hounsfield
from vspair.errors import VspairError

LOOKED_AT = 8
"""Slices whose values are looked at before any work."""

NOBODY = re.compile(
    r"anon|anonym|anonymous|anonymi[sz]ed|(?:de-?)?identified|unknown|none|null|nil|n/?a|nan|no ?(?:id|name)|removed"
    r"|deleted|blank|empty|hidden|patient(?: ?id)?|[x*?._#-]+",
    re.IGNORECASE,
)
"""What anonymising programs write in the place of every PatientID."""


class DicomFolder:
    """The CT slices of a folder and its subfolders, cut to their central square.

    Links are followed. Files that are no DICOM, of another modality, localisers and pictures of screens are passed
    over and counted; so is a file with the SOPInstanceUID of another. Slices are ordered by patient, study, series and
    position along the patient's axis, whatever their files are called. They stay as stored: x[i, j] is row i,
    column j, so that in the usual position i runs from the patient's front to the back and j from right to left.
    Their squares are taken to be of the scan's side whatever their pixels measured, as LoDoPaB does.

    Slices that share a PatientID, a study or a frame of reference are one group; those without any of these are
    grouped by series.

    Arguments:
        path: folder.
        pixels: along each side of the central square; slices must have at least as many.

    Attributes:
        patients: code of each slice's group, `UNKNOWN` if nothing identifies it.
        grouped: what the known groups are at least: `patient`, `study`, `series`; `unknown` if none is known.
        files: sentence on how many files are used, and how many are passed over and why.
        remarks: sentences for the log, which name files and patients.

    Raises:
        VspairError: there is no CT slice, or one that is damaged, not axial, too small, of another size than the
            others, or whose values cannot be Hounsfield units; or a file or folder cannot be read.
    """

    held_out = None

    def __init__(self, path: Path, pixels: int):
        path = Path(path)
        if not path.is_dir():
            raise VspairError(f"{path} is missing: put a folder of DICOM files there, or set data.path to where it is")
        self.pixels = pixels
        found, passed = _listed(path, pixels)
        _require_one_size(path, found)
        codes, self.grouped = _grouped(found)
        kept, twice = _once(found)
        if twice:
            passed["of an instance that another file holds"] = len(found) - len(kept)
        self._slices, self.patients = [found[position] for position in kept], codes[kept]
        self.files = told(len(self), passed)
        self.remarks = tuple(filter(None, [twice, _shared(found, codes)]))
        for position in np.unique(np.linspace(0, len(self) - 1, LOOKED_AT).round().astype(int)):
            self._image(position)

    def __len__(self) -> int:
        return len(self._slices)

    def name(self, position: int) -> str:
        """The file of a slice."""
        return str(self._slices[position].path)

    def images(self, index: np.ndarray) -> np.ndarray:
        """Normalised attenuation of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: a file is damaged, or its values cannot be Hounsfield units.
        """
        images = np.empty((len(index), self.pixels, self.pixels), dtype=np.float32)
        for image, position in zip(images, index, strict=True):
            image[:] = self._image(position)
        return images

    def sinograms(self, index: np.ndarray) -> None:
        """None: observations of these slices are simulated."""

    def _image(self, position: int) -> np.ndarray:
        """Normalised attenuation of the central square of one slice."""
        header = self._slices[position]
        start = (header.size - self.pixels) // 2
        square = hounsfield(header)[start : start + self.pixels, start : start + self.pixels]
        require_hounsfield(square[None], f"the central square of {header.path}")
        return attenuation(square)


def _listed(folder: Path, pixels: int) -> tuple[list[Header], Counter[str]]:
    """The slices of a folder in order, and the number of files passed over by reason."""
    files, passed = files_of(folder)
    found = []
    for file in files:
        header = read_header(file, pixels)
        if isinstance(header, str):
            passed[header] += 1
        else:
            found.append(header)
    if not found:
        raise VspairError(
            f"{folder} holds no CT slice in DICOM (files of modality CT that are no localisers; {told(0, passed)}): "
            "set data.path to the folder that holds them"
        )
    return sorted(
        found, key=lambda one: (one.patient, one.study, one.series, one.position, one.number, one.path)
    ), passed


def _once(slices: Sequence[Header]) -> tuple[list[int], str | None]:
    """Positions of the slices, each instance once, and a sentence that names two files of one instance, if any are."""
    first: dict[str, int] = {}
    kept = [at for at, one in enumerate(slices) if not one.instance or first.setdefault(one.instance, at) == at]
    if len(kept) == len(slices):
        return kept, None
    again = next(one for at, one in enumerate(slices) if one.instance and first[one.instance] != at)
    return kept, (
        f"{len(slices) - len(kept)} files hold the same instance as others and are left out: {again.path} has the "
        f"SOPInstanceUID of {slices[first[again.instance]].path}"
    )


def _require_one_size(folder: Path, slices: Sequence[Header]) -> None:
    sizes = sorted({one.size for one in slices})
    if len(sizes) > 1:
        examples = ", ".join(f"{next(one.path for one in slices if one.size == size)} ({size})" for size in sizes)
        raise VspairError(
            f"{folder} holds slices of several sizes, though all must have the same: {examples}; "
            "keep those of one size in the folder"
        )


def _grouped(slices: Sequence[Header]) -> tuple[np.ndarray, str]:
    """Code of each slice's group, and the least that all known groups are: of a patient, a study or a series."""
    names = {one.patient for one in slices if one.patient and not NOBODY.fullmatch(one.patient)}
    # Zeros are a number among others, and nobody's where there is no other.
    if len(names) == 1 and not next(iter(names)).strip("0"):
        names = set()
    labels = [_labels(one, names) for one in slices]
    codes = joined(labels)
    kinds: dict[int, set[str]] = {}
    for code, label in zip(codes.tolist(), labels, strict=True):
        kinds.setdefault(code, set()).update(kind for kind, _ in label if kind != "instance")
    codes[[not kinds[code] for code in codes.tolist()]] = UNKNOWN
    # A patient is as good as a study where studies are counted.
    best = {next((kind for kind in GROUPS if kind in found), "series") for found in kinds.values() if found}
    return codes, max(best, key=list(GROUPS).index, default="unknown")


def _labels(one: Header, names: set[str]) -> tuple[tuple[str, str], ...]:
    """What a slice shares with others of its patient."""
    patient = one.patient if one.patient in names else ""
    found = {"patient": patient, "study": one.study, "frame": one.frame}
    if not any(found.values()):
        found = {"series": one.series}
    found["instance"] = one.instance
    return tuple((kind, name) for kind, name in found.items() if name)


def _shared(slices: Sequence[Header], codes: np.ndarray) -> str | None:
    """Which PatientIDs count as one patient, if any do."""
    of_group: dict[int, dict[str, None]] = {}
    for one, code in zip(slices, codes.tolist(), strict=True):
        of_group.setdefault(code, {}).setdefault(one.patient)
    several = [[name for name in names if name] for code, names in of_group.items() if code != UNKNOWN]
    several = [names for names in several if len(names) > 1]
    if not several:
        return None
    shown = " and ".join(ascii(name[:32]) for name in several[0][:2])
    return (
        f"{sum(map(len, several))} PatientIDs count as {len(several)} patients, since their slices share "
        f"a StudyInstanceUID, FrameOfReferenceUID or SOPInstanceUID: {shown}"
    )
