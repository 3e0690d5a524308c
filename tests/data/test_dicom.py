from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEG2000Lossless, generate_uid

from vspair.data.dicom import DicomFolder
from vspair.data.hounsfield import attenuation
from vspair.errors import VspairError

PIXELS = 8


def stored(seed=0, size=12):
    """Stored values of a scanner that adds 1024 to Hounsfield units."""
    return np.random.default_rng(seed).integers(0, 3000, (size, size)).astype(np.uint16)


def written(path, values=None, without=(), **fields):
    """A CT slice as DICOM, complete but for the fields named in `without`."""
    values = stored() if values is None else values
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        CTImageStorage,
        generate_uid(entropy_srcs=[path.name]),
    )
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    defaults = {
        "Modality": "CT",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "PatientID": "A",
        "SeriesInstanceUID": "1.2.3",
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "SOPClassUID": CTImageStorage,
        "Rows": values.shape[0],
        "Columns": values.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "ImagePositionPatient": [0, 0, 0],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    }
    for name, value in (defaults | fields).items():
        if name not in without:
            setattr(data, name, value)
    data.PixelData = values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def test_the_central_square_in_hounsfield_units(tmp_path):
    values = stored(3)
    written(tmp_path / "a.dcm", values, RescaleSlope=2, RescaleIntercept=-1000)
    images = DicomFolder(tmp_path, PIXELS).images(np.array([0]))
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0], attenuation(values[2:10, 2:10] * 2.0 - 1000), atol=1e-6)


def test_a_scanners_own_slice_has_the_hounsfield_units_of_the_peer_library(tmp_path):
    """A real slice that ships with pydicom, against pydicom's own rescaling."""
    from pydicom.pixels import apply_rescale

    original = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
    if not original.is_file():
        pytest.skip("this pydicom comes without CT_small.dcm")
    (tmp_path / "CT_small.dcm").write_bytes(original.read_bytes())
    file = pydicom.dcmread(original)
    truth = attenuation(apply_rescale(file.pixel_array, file))
    source = DicomFolder(tmp_path, 100)
    np.testing.assert_allclose(source.images(np.array([0]))[0], truth[14:114, 14:114], atol=1e-6)
    assert np.ptp(truth) > 0.1


def test_slices_are_ordered_by_patient_series_and_position_whatever_their_files_are_called(tmp_path):
    """Positions as numbers: as text, -5 would come before -10 and 10 before 9."""
    places = [("B", "1.1", 3.0), ("A", "1.2", 9.0), ("A", "1.2", -10.0), ("A", "1.2", -5.0), ("A", "1.2", 10.0)]
    names = ["e", "sub/z.dcm", "sub/y", "b.dcm", "deep/er/a"]
    for seed, (name, (patient, series, z)) in enumerate(zip(names, places, strict=True)):
        written(
            tmp_path / name,
            stored(seed),
            PatientID=patient,
            SeriesInstanceUID=series,
            ImagePositionPatient=[0, 0, z],
        )
    source = DicomFolder(tmp_path, 12)
    order = [2, 3, 1, 4, 0]
    truth = np.stack([attenuation(stored(seed) - 1024.0) for seed in order])
    np.testing.assert_allclose(source.images(np.arange(5)), truth, atol=1e-6)
    np.testing.assert_allclose(source.images(np.array([4, 0])), truth[[4, 0]], atol=1e-6)
    np.testing.assert_array_equal(source.patients, [0, 0, 0, 0, 1])
    assert (len(source), source.held_out, source.sinograms(np.arange(2)), source.grouped) == (5, None, None, "patient")


def test_without_a_position_slices_are_ordered_by_location_or_number(tmp_path):
    for seed, number in enumerate([12, 9]):
        written(tmp_path / f"{seed}.dcm", stored(seed), without=("ImagePositionPatient",), InstanceNumber=number)
    images = DicomFolder(tmp_path, 12).images(np.arange(2))
    np.testing.assert_allclose(images[0], attenuation(stored(1) - 1024.0), atol=1e-6)


def test_without_patients_the_series_is_the_patient(tmp_path):
    for name, series in (("a.dcm", "1.1"), ("b.dcm", "1.2"), ("c.dcm", "1.1")):
        written(tmp_path / name, PatientID="", SeriesInstanceUID=series)
    patients = DicomFolder(tmp_path, PIXELS).patients
    assert sorted(np.bincount(patients)) == [1, 2]


def test_what_is_no_ct_slice_is_passed_over(tmp_path):
    written(tmp_path / "slice.dcm")
    written(tmp_path / "mr.dcm", Modality="MR")
    written(tmp_path / "scout.dcm", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    (tmp_path / "readme.txt").write_text("not DICOM")
    (tmp_path / "empty").write_bytes(b"")
    assert len(DicomFolder(tmp_path, PIXELS)) == 1


@pytest.mark.parametrize(
    ("values", "without", "fields", "message"),
    [
        (stored(), ("RescaleSlope",), {}, r"lacks RescaleSlope or RescaleIntercept"),
        (stored(), ("RescaleIntercept",), {}, r"lacks RescaleSlope or RescaleIntercept"),
        (stored(), (), {"RescaleType": "US"}, r"RescaleType US instead of HU"),
        (stored()[:10], (), {}, r"has 10x12 pixels, but slices must be square"),
        (stored(size=7), (), {}, r"has 7x7 pixels, but slices must be square with at least 8"),
        (stored(), (), {"NumberOfFrames": 3}, r"holds 3 frames"),
        (stored(), (), {"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, r"is not an axial slice"),
        (stored(), ("PatientID", "SeriesInstanceUID"), {}, r"neither PatientID nor SeriesInstanceUID"),
        (stored(), (), {"Modality": "MR"}, r"holds no CT slice in DICOM"),
    ],
)
def test_a_slice_that_cannot_be_used_is_refused_and_named(tmp_path, values, without, fields, message):
    written(tmp_path / "a.dcm", values, without, **fields)
    with pytest.raises(VspairError, match=message) as refused:
        DicomFolder(tmp_path, PIXELS)
    assert str(tmp_path) in str(refused.value)


def test_slices_of_several_sizes_are_refused(tmp_path):
    written(tmp_path / "a.dcm")
    written(tmp_path / "b.dcm", stored(size=16))
    with pytest.raises(VspairError, match=r"several sizes.*a.dcm \(12\), .*b.dcm \(16\)"):
        DicomFolder(tmp_path, PIXELS)


def test_a_folder_that_is_missing_or_empty_is_refused(tmp_path):
    with pytest.raises(VspairError, match=r"absent is missing: put a folder of DICOM files there"):
        DicomFolder(tmp_path / "absent", PIXELS)
    with pytest.raises(VspairError, match=r"holds no CT slice in DICOM"):
        DicomFolder(tmp_path, PIXELS)


def test_a_damaged_header_is_refused(tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"no DICOM at all" * 40)
    with pytest.raises(VspairError, match=r"a.dcm cannot be read as DICOM"):
        DicomFolder(tmp_path, PIXELS)


def test_truncated_or_compressed_pixels_are_refused_when_read(tmp_path):
    whole = written(tmp_path / "a.dcm").read_bytes()
    (tmp_path / "a.dcm").write_bytes(whole[:-100])
    with pytest.raises(VspairError, match=r"the pixels of .*a.dcm cannot be read .*damaged"):
        DicomFolder(tmp_path, PIXELS).images(np.array([0]))
    (tmp_path / "a.dcm").write_bytes(whole)
    file = pydicom.dcmread(tmp_path / "a.dcm")
    file.file_meta.TransferSyntaxUID = JPEG2000Lossless
    file.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" * 10])
    file["PixelData"].is_undefined_length = True
    file.save_as(tmp_path / "a.dcm")
    with pytest.raises(VspairError, match=r"the pixels of .*a.dcm cannot be read .*decompress it"):
        DicomFolder(tmp_path, PIXELS).images(np.array([0]))
