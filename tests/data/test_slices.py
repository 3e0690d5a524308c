import h5py
import numpy as np
import pytest

from vspair.data.slices import SOURCES, check_slices, open_slices
from vspair.errors import VspairError

PIXELS, ANGLES, BINS = 16, 10, 12
SIZES = {"pixels": PIXELS, "angles": ANGLES, "bins": BINS}


def hounsfield(folder):
    path = folder / "slices.h5"
    with h5py.File(path, "w") as file:
        file["hu"] = np.random.default_rng(0).integers(-1000, 1000, (8, PIXELS, PIXELS)).astype(np.int16)
    return path


def lodopab(folder):
    for kind, shape in (("ground_truth", (PIXELS, PIXELS)), ("observation", (ANGLES, BINS))):
        for part in ("train", "test"):
            with h5py.File(folder / f"{kind}_{part}_000.hdf5", "w") as file:
                file["data"] = np.random.default_rng(1).random((4, *shape), dtype=np.float32)
    return folder


def dicom(folder):
    from pydicom.data import get_testdata_file

    file = get_testdata_file("CT_small.dcm", read=True, download=False)
    for number in range(8):
        file.PatientID, file.SOPInstanceUID = str(number // 2), f"1.2.{number}"
        file.save_as(folder / f"{number}.dcm")
    return folder


MADE = {"phantoms": lambda folder: folder, "hounsfield": hounsfield, "dicom": dicom, "lodopab": lodopab}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_keeps_the_interface(source, tmp_path):
    """What every source promises: lengths agree, values are normalised, order and repetitions are the caller's."""
    path = MADE[source](tmp_path)
    slices = open_slices(source, path, **SIZES, count=8, seed=3)
    check_slices(source, path, **SIZES)
    assert len(slices) >= 8
    assert slices.patients.shape == (len(slices),)
    assert slices.patients.dtype.kind == "i"
    assert slices.grouped in ("patient", "part", "unknown")
    assert slices.held_out is None or (slices.held_out.shape, slices.held_out.dtype) == ((len(slices),), bool)
    index = np.array([5, 0, 5])
    images = slices.images(index)
    assert (images.shape, images.dtype) == ((3, PIXELS, PIXELS), np.float32)
    assert 0 <= images.min() < images.max() <= 1
    np.testing.assert_array_equal(images, slices.images(np.arange(8))[index])
    sinograms = slices.sinograms(index)
    assert sinograms is None or (sinograms.shape, sinograms.dtype) == ((3, ANGLES, BINS), np.float32)
    assert (sinograms is None) == (source != "lodopab")
    with pytest.raises((IndexError, VspairError)):
        slices.images(np.array([len(slices)]))


@pytest.mark.parametrize(
    ("source", "what"),
    [("hounsfield", "the HDF5 file"), ("dicom", "a folder of DICOM files"), ("lodopab", "LoDoPaB-CT's HDF5 files")],
)
def test_a_source_that_is_missing_is_said_to_be_missing(source, what, tmp_path):
    with pytest.raises(VspairError, match=rf"absent is missing: put {what} there, .*set data.path to where"):
        check_slices(source, tmp_path / "absent", **SIZES)


def test_an_unknown_source_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"source is 'mri' instead of one of phantoms, hounsfield, dicom, lodopab"):
        check_slices("mri", tmp_path, **SIZES)
