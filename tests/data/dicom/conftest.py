"""Small CT slices in DICOM, made from a formula and a seed."""

import numpy as np
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SIZE = 32


def disc(seed=0, size=SIZE):
    """A disc of 40 HU with a spot of 800 HU in air, with noise; int16 (size, size)."""
    generator = np.random.default_rng(seed)
    row, column = np.meshgrid(*2 * [np.linspace(-1, 1, size)], indexing="ij")
    centre = generator.uniform(-0.1, 0.1, 2)
    radius = np.hypot(row - centre[0], column - centre[1])
    spot = np.hypot(row - centre[0] - 0.3, column - centre[1]) < 0.15
    hu = np.where(radius < 0.75, 40, -1000) + 760 * spot
    return (hu + generator.normal(0, 5, hu.shape).round()).astype(np.int16)


def write_slice(path, hu=None, without=(), stored=None, **fields):
    """One slice, by default stored as HU + 1024 unsigned; every file of another instance, patient A's by default.

    Study and frame of reference are those of the patient unless they are given.
    """
    hu = disc() if hu is None else hu
    stored = (hu + 1024).astype(np.uint16) if stored is None else stored
    instance = generate_uid(entropy_srcs=[str(path)])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    patient = str(fields.get("PatientID", "A"))
    values = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": instance,
        "Modality": "CT",
        "PatientID": "A",
        "StudyInstanceUID": generate_uid(entropy_srcs=["study", patient]),
        "FrameOfReferenceUID": generate_uid(entropy_srcs=["frame", patient]),
        "SeriesInstanceUID": "1.2.3",
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "BitsAllocated": 8 * stored.itemsize,
        "BitsStored": 8 * stored.itemsize,
        "HighBit": 8 * stored.itemsize - 1,
        "PixelRepresentation": int(stored.dtype.kind == "i"),
        "RescaleIntercept": -1024,
        "RescaleSlope": 1,
    }
    for name, value in (values | fields).items():
        if name not in without:
            setattr(file, name, value)
    file.PixelData = stored.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(scope="session")
def slice_of():
    """`disc`."""
    return disc


@pytest.fixture(scope="session")
def write():
    """`write_slice`."""
    return write_slice
