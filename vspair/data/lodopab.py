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

import numpy as np

from vspair.data.folders import told
from vspair.data.groups import UNKNOWN
from vspair.data.hdf5 import dataset, opened, rows
from vspair.errors import VspairError

PARTS = ("train", "validation", "test")
"""Parts in the order of their slices; each has its own patients, and the last one is held out."""

SLICES_A_FILE = 128
"""Slices of every file but the last one of a part."""

NAME = re.compile(r"(ground_truth|observation)_(train|validation|test)_(\d{3})\.hdf5")

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
        VspairError: there are no files, one is damaged or of another size, or lacks its partner.
    """

    remarks = ()

    def __init__(self, path: Path, pixels: int, angles: int, bins: int):
        self.path = Path(path)
        self.shapes = {"ground_truth": (pixels, pixels), "observation": (angles, bins)}
        self._files = self._listed()
        self.held_out = np.concatenate([np.full(file.length, file.part == "test") for file in self._files])
        self.patients = self._patients()

    @property
    def grouped(self) -> str:
        return "part" if (self.patients == UNKNOWN).any() else "patient"

    def __len__(self) -> int:
        return len(self.held_out)

    def images(self, index: np.ndarray) -> np.ndarray:
        """Ground truth of the slices asked for, float32 (k, pixels, pixels).

        Raises:
            VspairError: a file is missing or damaged.
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
                with opened(self._path(kind, file.part, file.number)) as opened_file:
                    data = dataset(opened_file, "data", self.shapes[kind])
                    values[inside] = rows(data, index[inside] - file.first)
        return values

    def _path(self, kind: str, part: str, number: int) -> Path:
        return self.path / f"{kind}_{part}_{number:03d}.hdf5"

    def _listed(self) -> list[_File]:
        """Every pair of files with its length, each opened once."""
        if not self.path.is_dir():
            raise VspairError(
                f"{self.path} is missing: put LoDoPaB-CT's HDF5 files there, set data.path to where they are, "
                "or set data.download to fetch them"
            )
        names = [match for file in self.path.iterdir() if (match := NAME.fullmatch(file.name))]
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
        if not path.is_file():
            raise VspairError(f"{path} is missing, though its partner is there: fetch it, or remove its partner")
        with opened(path) as file:
            return len(dataset(file, "data", self.shapes[kind]))

    def _patients(self) -> np.ndarray:
        """Patient of each slice, `UNKNOWN` where the part's list of patients is not there."""
        listed = {part: self._listed_patients(part) for part in {file.part for file in self._files}}
        patients = []
        for file in self._files:
            ids, start = listed[file.part], file.number * SLICES_A_FILE
            if ids is None:
                patients.append(np.full(file.length, UNKNOWN))
                continue
            if len(ids) < start + file.length:
                raise VspairError(
                    f"{self.path / f'patient_ids_rand_{file.part}.csv'} lists {len(ids)} slices, but there are at "
                    f"least {start + file.length}: fetch it again, or remove it"
                )
            patients.append(ids[start : start + file.length])
        return np.concatenate(patients)

    def _listed_patients(self, part: str) -> np.ndarray | None:
        path = self.path / f"patient_ids_rand_{part}.csv"
        if not path.is_file():
            return None
        try:
            return np.loadtxt(path, dtype=np.int64, ndmin=1)
        except ValueError as error:
            raise VspairError(
                f"{path} is no list of patient numbers ({error}): fetch it again, or remove it"
            ) from error


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
