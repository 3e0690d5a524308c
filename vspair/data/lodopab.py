"""LoDoPaB-CT: ground truth and observations of its HDF5 files, and its download by dival."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vspair.data.checks import require_varied, require_within
from vspair.data.folders import told
from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, opened, rows
from vspair.data.inputs import require_file, require_folder
from vspair.data.lists import listed_patients
from vspair.data.stored import require_unscaled
from vspair.errors import VspairError
from vspair.printable import quoted

if TYPE_CHECKING:
    import h5py

PARTS = ("train", "validation", "test")
"""Parts in the order of their slices; each has its own patients, and the last one is held out."""

SLICES_A_FILE = 128
"""Slices of every file but the last one of a part."""

NAME = re.compile(r"(ground_truth|observation)_(train|validation|test)_(\d{3})\.hdf5")

SLICES = {"train": 35820, "validation": 3522, "test": 3553}
"""Slices of each part as published."""

RANGES = {"ground_truth": (0.0, 1.0), "observation": (-0.01, 1.0)}
"""Values that there can be. Ground truth was clipped to [0, 1]. An observation is -log(counts / 4096) / 81.35858 of at
least 0.1 counts, hence at most 0.131 as published; up to 1 other doses pass, but neither counts nor values that were
not divided by 81.35858. It is below 0 where more photons came than were sent: -0.01 would be 9,240 of 4,096."""

LOOKED_AT = 16
"""Slices whose values are looked at before any work."""

SPACE_NEEDED = 150e9
"""Bytes that dival asks for while it unpacks; 114.7e9 are left afterwards."""


@dataclass(frozen=True)
class _File:
    """Slices of one pair of files: `first` is the position of its first slice in the source."""

    part: str
    number: int
    first: int
    length: int


class LodopabFolder:
    """A folder with LoDoPaB-CT's files, all or some: `ground_truth_<part>_NNN.hdf5` and `observation_<part>_NNN.hdf5`.

    Slices are ordered by part (train, validation, test), file and position therein; train and validation are for
    training. Ground truth is as published: x[i, j] with the first axis along x and the second along y.

    Arguments:
        path: folder.
        pixels: along each side of a slice.
        angles, bins: of each sinogram.

    Raises:
        VspairError: there are no files, one is damaged, of another size or lacks its partner, or values cannot be.
    """

    remarks = ()

    def __init__(self, path: Path, pixels: int, angles: int, bins: int):
        self.path = Path(path)
        self.shapes = {"ground_truth": (pixels, pixels), "observation": (angles, bins)}
        self._files = self._listed()
        self.held_out = np.concatenate([np.full(file.length, file.part == "test") for file in self._files])
        self.patients = self._patients()
        looked_at = np.unique(np.linspace(0, len(self) - 1, LOOKED_AT).round().astype(int))
        self.images(looked_at)
        self.sinograms(looked_at)

    @property
    def grouped(self) -> str:
        return "part" if (self.patients == UNKNOWN).any() else "patient"

    def __len__(self) -> int:
        return len(self.held_out)

    def images(self, index: np.ndarray) -> np.ndarray:
        """Ground truth of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: a file is missing or damaged, or its values cannot be.
        """
        return self._read("ground_truth", np.asarray(index))

    def sinograms(self, index: np.ndarray) -> np.ndarray:
        """Published observations of the slices asked for, float32 (k, angles, bins), as `images`."""
        return self._read("observation", np.asarray(index))

    def name(self, position: int) -> str:
        """What to call a slice in a sentence."""
        return f"slice {position} (from 0)"

    @property
    def files(self) -> str:
        """How many files are used, and how many are not of LoDoPaB-CT."""
        used, there = 2 * len(self._files), sum(1 for file in self.path.iterdir() if file.name.endswith(".hdf5"))
        return told(used, {"of another name": there - used} if there > used else {})

    def _read(self, kind: str, index: np.ndarray) -> np.ndarray:
        if len(index) and not -1 < index.min() <= index.max() < len(self):
            raise IndexError(f"slices {index.min()} to {index.max()} of {len(self)} were asked for")
        values = np.empty((len(index), *self.shapes[kind]), dtype=np.float32)
        for file in self._files:
            inside = (index >= file.first) & (index < file.first + file.length)
            if inside.any():
                values[inside] = self._rows(kind, file, index[inside] - file.first)
        return values

    def _rows(self, kind: str, file: _File, index: np.ndarray) -> np.ndarray:
        """Rows of one file, checked before they become float32, where a large one would be infinite."""
        path = self._path(kind, file.part, file.number)
        with opened(path) as opened_file:
            found = rows(self._dataset(opened_file, kind), index)
        where, advice = f"{path}: `data`", "fetch the file again, or leave it and its partner out"
        require_within(found, where, advice, low=RANGES[kind][0], high=RANGES[kind][1], numbers=index)
        require_varied(found, where, advice, numbers=index)
        return found

    def _dataset(self, file: "h5py.File", kind: str) -> "h5py.Dataset":
        data = dataset(file, "data", self.shapes[kind])
        if data.dtype.kind != "f":
            raise VspairError(
                f"{file.filename}: `data` is of type {quoted(data.dtype)} instead of floating point: fetch it again"
            )
        require_unscaled(file, data, f"{file.filename}: `data`", RANGES[kind])
        return data

    def _path(self, kind: str, part: str, number: int) -> Path:
        return self.path / f"{kind}_{part}_{number:03d}.hdf5"

    def _listed(self) -> list[_File]:
        """Every pair of files with its length, each opened once."""
        missing = (
            f"{self.path} is missing: put LoDoPaB-CT's HDF5 files there, set data.path to where they are, "
            "or set data.download to fetch them"
        )
        names = [match for file in require_folder(self.path, missing) if (match := NAME.fullmatch(file.name))]
        if not names:
            raise VspairError(
                f"{self.path} has none of LoDoPaB-CT's files (ground_truth_train_000.hdf5, ...): unpack them there, "
                "set data.path to where they are, or set data.download to fetch them"
            )
        files, first = [], 0
        for part, number in sorted({(m[2], int(m[3])) for m in names}, key=lambda key: (PARTS.index(key[0]), key[1])):
            truth, observation = (self._length(kind, part, number) for kind in self.shapes)
            if truth != observation:
                raise VspairError(
                    f"{self._path('ground_truth', part, number)} has {truth} slices but its partner "
                    f"{self._path('observation', part, number).name} has {observation}: fetch both again"
                )
            files.append(_File(part, number, first, truth))
            first += truth
        return files

    def _length(self, kind: str, part: str, number: int) -> int:
        path = self._path(kind, part, number)
        require_file(path, f"{path} is missing, though its partner is there: fetch it, or remove its partner")
        with opened(path) as file:
            length = len(self._dataset(file, kind))
        if length > SLICES_A_FILE:
            raise VspairError(f"{path} has {length} slices instead of at most {SLICES_A_FILE}: fetch it again")
        return length

    def _patients(self) -> np.ndarray:
        """Patient of each slice, `UNKNOWN` where the part's list of patients is not there."""
        listed = {
            part: listed_patients(self.path / f"patient_ids_rand_{part}.csv", SLICES[part])
            for part in {file.part for file in self._files}
        }
        patients = []
        for file in self._files:
            ids, start = listed[file.part], file.number * SLICES_A_FILE
            if ids is not None and len(ids) < start + file.length:
                raise VspairError(
                    f"{self.path / f'patient_ids_rand_{file.part}.csv'} lists {len(ids)} slices, but there are at "
                    f"least {start + file.length}: fetch it again, or remove it"
                )
            patients.append(np.full(file.length, UNKNOWN) if ids is None else ids[start : start + file.length])
        return np.concatenate(patients)


def download_lodopab(folder: Path) -> None:
    """Fetch LoDoPaB-CT with dival's own download, some 55 GB packed; what came whole is not fetched again.

    It runs in a process of its own, because dival asks on the standard input and writes into the home folder: the
    folder is the answer to its first question, any other ends it, and its home is a temporary one.

    Raises:
        VspairError: dival is not installed, the disk is too small, or the download failed.
    """
    if find_spec("dival") is None:
        raise VspairError("dival, which downloads LoDoPaB-CT, is not installed: pip install 'vspair[lodopab]'")
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    there = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    free = shutil.disk_usage(folder).free
    if free + there < SPACE_NEEDED:
        raise VspairError(
            f"LoDoPaB-CT needs {SPACE_NEEDED / 1e9:.0f} GB while it is unpacked, but the disk of {folder} has "
            f"{free / 1e9:.0f} GB free: set data.path to a folder on a larger disk"
        )
    with tempfile.TemporaryDirectory() as home:
        report = Path(home) / "report"
        subprocess.run(
            [sys.executable, "-c", DOWNLOAD, str(report)],
            input=f"{folder}\n",
            text=True,
            env=os.environ | {"HOME": home},
            check=False,
        )
        outcome = report.read_text() if report.is_file() else "it was stopped"
    if outcome != "True":
        raise VspairError(
            f"LoDoPaB-CT could not be downloaded to {folder} ({outcome}): check the network and the disk and run the "
            "same command again, or set data.path to a folder that has its files"
        )


DOWNLOAD = """
import sys
from pathlib import Path
try:
    from dival.datasets.lodopab_dataset import download_lodopab
    outcome = str(download_lodopab())
except Exception as error:
    outcome = f"{type(error).__name__}: {error}"
Path(sys.argv[1]).write_text(outcome)
"""
"""dival's download, which ends with True; its outcome goes to the file that is named."""
