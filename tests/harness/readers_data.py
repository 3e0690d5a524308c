"""Readers of raw data: idx, HDF5 of slices, LoDoPaB's folder and a folder of DICOM files."""

import hashlib
import random
import shutil
import struct
from pathlib import Path

import mutations
import numpy as np
from hostile import Reader

from vspair.data.groups import UNKNOWN

PIXELS = 12
ANGLES, BINS = 5, 6
LARGEST = 1e3
"""Beyond every line integral of a normalised slice."""
IMAGES, LABELS = "MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte"


def make_idx(folder: Path) -> None:
    draw = np.random.default_rng(0)
    images, labels = draw.integers(0, 256, (9, 6, 6), np.uint8), draw.integers(0, 10, 9, np.uint8)
    raw = folder / "plain/MNIST/raw"
    raw.mkdir(parents=True)
    (folder / "plain" / IMAGES).write_bytes(struct.pack(">IIII", 2051, *images.shape) + images.tobytes())
    (folder / "plain" / LABELS).write_bytes(struct.pack(">II", 2049, 9) + labels.tobytes())
    sums = {name.rpartition("/")[2]: _facts(folder / "plain" / name) for name in (IMAGES, LABELS)}
    read_idx.sums = sums


def _facts(path: Path) -> tuple[int, str]:
    content = path.read_bytes()
    return len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_idx(folder: Path, out: Path):
    from vspair.data import sources

    # The published files have 47 MB; those of the sample have its own checksums.
    sources.CHECKSUMS["mnist"] = read_idx.sums
    return sources.clean_images("mnist", folder, (6, 6))


def same_arrays(value, truth, folder) -> str | None:
    equal = len(value) == len(truth) and all(map(np.array_equal, value, truth))
    return None if equal else "read as something else than the unchanged file"


def make_hounsfield(folder: Path) -> None:
    import h5py

    draw = np.random.default_rng(1)
    hu = draw.integers(-1000, 1500, (10, PIXELS, PIXELS)).astype(np.int16)
    hu[:, 0] = -1000
    patients = np.repeat([3, 5, 9, 11, 20], 2)
    forms = {
        "contiguous": ({}, {}),
        "packed": ({"chunks": (2, PIXELS, PIXELS), "compression": "gzip"}, {}),
        "checked": ({"chunks": (1, PIXELS, PIXELS), "fletcher32": True}, {"libver": "latest"}),
        "named": ({"chunks": (5, PIXELS, PIXELS), "shuffle": True}, {"libver": "latest"}),
    }
    for name, (options, file_options) in forms.items():
        (folder / name).mkdir(parents=True)
        with h5py.File(folder / name / "ct.h5", "w", **file_options) as file:
            file.create_dataset("hu", data=hu, **options)
            if name == "named":
                file["patient"] = [f"patient {number}" for number in patients]
            elif name != "packed":
                file["patient"] = patients


def read_hounsfield(folder: Path, out: Path):
    from vspair.data.hounsfield import HounsfieldFile

    source = HounsfieldFile(folder / "ct.h5", PIXELS)
    return source.images(np.arange(len(source))), source.patients, source.grouped


def make_lodopab(folder: Path) -> None:
    import h5py

    draw, whole = np.random.default_rng(2), folder / "whole"
    whole.mkdir(parents=True)
    for part, length in (("train", 5), ("test", 3)):
        for kind, shape in (("ground_truth", (PIXELS, PIXELS)), ("observation", (ANGLES, BINS))):
            with h5py.File(whole / f"{kind}_{part}_000.hdf5", "w") as file:
                file["data"] = draw.random((length, *shape), dtype=np.float32) * 0.8
        ids = draw.integers(0, 3, 130) + (0 if part == "train" else 10)
        np.savetxt(whole / f"patient_ids_rand_{part}.csv", ids, fmt="%d")


def read_lodopab(folder: Path, out: Path):
    from vspair.data.lodopab import LodopabFolder

    source = LodopabFolder(folder, PIXELS, ANGLES, BINS)
    every = np.arange(len(source))
    return source.images(every), source.patients, source.grouped, source.sinograms(every)


def sound_slices(value, truth, folder) -> str | None:
    """Slices of the size asked for, finite and normalised, none constant; a patient for each, or none at all."""
    images, patients, _, *sinograms = value
    count = len(images)
    wrong = {
        f"images are {images.dtype} of {images.shape}": lambda: (
            images.dtype != np.float32 or images.shape[1:] != (PIXELS, PIXELS) or not count
        ),
        "images are not finite values from 0 to 1": lambda: (
            not np.isfinite(images).all() or images.min() < 0 or images.max() > 1
        ),
        "a slice is constant": lambda: bool((np.ptp(images.reshape(count, -1), axis=1) == 0).any()),
        f"patients are {patients.dtype} of {patients.shape} for {count} slices": lambda: (
            patients.shape != (count,) or patients.dtype.kind not in "iu"
        ),
        "a patient that is not known has a code of its own": lambda: patients.min() < UNKNOWN,
        "sinograms are not those of the slices": lambda: any(one.shape != (count, ANGLES, BINS) for one in sinograms),
        "sinograms are not finite": lambda: not all(np.isfinite(one).all() for one in sinograms),
        "sinograms have values that no scan gives": lambda: any(np.abs(one).max() > LARGEST for one in sinograms),
    }
    return next((fault for fault, test in wrong.items() if test()), None)


def make_dicom(folder: Path) -> None:
    import pydicom
    from pydicom.data import get_testdata_file
    from pydicom.uid import generate_uid

    draw, real = np.random.default_rng(3), pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    del real.DataSetTrailingPadding
    for patient, count in (("A", 2), ("B", 1)):
        for number in range(count):
            path = folder / "plain" / patient / f"{number}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            values = draw.integers(0, 2500, (PIXELS, PIXELS)).astype(np.int16)
            real.Rows = real.Columns = PIXELS
            real.PatientID, real.PixelData = patient, values.tobytes()
            real.SeriesInstanceUID = f"1.2.{ord(patient)}"
            real.InstanceNumber, real.ImagePositionPatient = number + 1, [0, 0, 5.0 * number]
            real.SOPInstanceUID = generate_uid(entropy_srcs=[str(path.name), patient])
            real.file_meta.MediaStorageSOPInstanceUID = real.SOPInstanceUID
            real.save_as(path, enforce_file_format=True)
    shutil.copytree(folder / "plain", folder / "bare")
    for path in (folder / "bare").rglob("*.dcm"):
        # Without a suffix, as archives name their files.
        path.rename(path.with_suffix(""))


def read_dicom(folder: Path, out: Path):
    from vspair.data.dicom import DicomFolder

    source = DicomFolder(folder, PIXELS)
    return source.images(np.arange(len(source))), source.patients, source.grouped


FIELDS = {
    **{(0x28, 0x10): "Rows", (0x28, 0x11): "Columns", (0x28, 0x02): "SamplesPerPixel", (0x28, 0x08): "NumberOfFrames"},
    **{(0x28, 0x1052): "RescaleIntercept", (0x28, 0x1053): "RescaleSlope", (0x28, 0x1054): "RescaleType"},
    **{(0x28, 0x100): "BitsAllocated", (0x28, 0x101): "BitsStored", (0x28, 0x103): "PixelRepresentation"},
    **{(0x28, 0x120): "PixelPaddingValue", (0x28, 0x04): "PhotometricInterpretation", (0x08, 0x60): "Modality"},
    **{(0x10, 0x20): "PatientID", (0x20, 0x0E): "SeriesInstanceUID", (0x20, 0x13): "InstanceNumber"},
    **{(0x20, 0x32): "ImagePositionPatient", (0x20, 0x37): "ImageOrientationPatient", (0x20, 0x1041): "SliceLocation"},
    **{(0x08, 0x08): "ImageType", (0x08, 0x18): "SOPInstanceUID", (0x08, 0x05): "SpecificCharacterSet"},
    **{(0x20, 0x52): "FrameOfReferenceUID", (0x20, 0x0D): "StudyInstanceUID"},
}
ODD = (
    *(b"", b"abc", b"nan", b"inf", b"-inf", b"1e300", b"1e9", b"-1e9", b"1,5", b"1\\2", b"0", b"-1", b"1 of"),
    *(b"99999999999999999999", b"1e-300", b"\\", b"\\\\\\", b"1\\0\\0\\0\\1", b"1\\0\\0\\0\\1\\nan", b"\xff\xfe", b" "),
    *(b"ISO_IR 999", b"1.2.3", b"OT", b"RGB", b"US", b"\x00\x00", b"-1024,00", b"3e38", b"A" * 300, b"\x1b[31m"),
)


def field(data: bytearray, draw: random.Random) -> str:
    """Another value of one field that is read, written past the library's own checks."""
    (group, element), name = draw.choice(sorted(FIELDS.items()))
    tag = struct.pack("<HH", group, element)
    place = data.find(tag)
    if place < 0:
        return mutations.flipped(data, draw)
    kind, size = bytes(data[place + 4 : place + 6]), struct.unpack("<H", data[place + 6 : place + 8])[0]
    if kind in (b"US", b"SS") and draw.random() < 0.8:
        value = struct.pack("<H", draw.choice((0, 1, 2, 8, 11, 12, 16, 24, 32, 64, 65535, 32768, 7)))
    else:
        value = draw.choice(ODD)
    value += b" " * (len(value) % 2)
    data[place + 6 : place + 8 + size] = struct.pack("<H", len(value)) + value
    return f"{name} is {value[:30]!r}"


READERS = (
    Reader("idx", make_idx, read_idx, same_arrays, tries=200),
    Reader("hounsfield", make_hounsfield, read_hounsfield, sound_slices, tries=500),
    Reader("lodopab", make_lodopab, read_lodopab, sound_slices, ways={".csv": mutations.TEXT}, tries=400),
    Reader("dicom", make_dicom, read_dicom, sound_slices, ways={".dcm": (field,), "": (field,)}, tries=500),
)
