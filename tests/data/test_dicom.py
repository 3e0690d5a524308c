from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_rescale
from pydicom.uid import JPEG2000Lossless, generate_uid

from vspair.data.dicom import DicomFolder
from vspair.data.units import attenuation
from vspair.errors import VspairError

PIXELS = 8
REAL = Path(get_testdata_file("CT_small.dcm", download=False))
"""A real slice that ships with pydicom; its values are Hounsfield units plus 1024."""


def stored(seed=0, size=12):
    return np.random.default_rng(seed).integers(0, 3000, (size, size)).astype(np.int16)


def written(path, values=None, without=(), **fields):
    """The real slice with other pixels and fields, without those that `without` names."""
    values = stored() if values is None else values
    data = pydicom.dcmread(REAL)
    data.Rows, data.Columns = values.shape
    data.PixelData = values.tobytes()
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    for name, value in ({"PatientID": "A", "SeriesInstanceUID": "1.2.3"} | fields).items():
        setattr(data, name, value)
    for name in ("DataSetTrailingPadding", *without):
        delattr(data, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def read(folder, pixels=12):
    source = DicomFolder(folder, pixels)
    return source.images(np.arange(len(source)))


def test_the_central_square_in_hounsfield_units(tmp_path):
    values = stored(3)
    written(tmp_path / "a.dcm", values, RescaleSlope=2, RescaleIntercept=-1000)
    (image,) = read(tmp_path, PIXELS)
    assert image.dtype == np.float32
    np.testing.assert_allclose(image, attenuation(values[2:10, 2:10] * 2.0 - 1000), atol=1e-6)


def test_a_scanners_own_slice_has_the_hounsfield_units_of_the_peer_library(tmp_path):
    """Against pydicom's own rescaling."""
    (tmp_path / "CT_small.dcm").write_bytes(REAL.read_bytes())
    file = pydicom.dcmread(REAL)
    truth = attenuation(apply_rescale(file.pixel_array, file))
    np.testing.assert_allclose(read(tmp_path, 100), truth[None, 14:114, 14:114], atol=1e-6)
    assert np.ptp(truth) > 0.1


def test_slices_are_ordered_by_patient_series_and_position_whatever_their_files_are_called(tmp_path):
    """Positions as numbers: as text, -5 would come before -10 and 10 before 9."""
    places = [("B", "1.1", 3.0), ("A", "1.2", 9.0), ("A", "1.2", -10.0), ("A", "1.2", -5.0), ("A", "1.2", 10.0)]
    names = ["e", "sub/z.dcm", "sub/y", "b.dcm", "deep/er/a"]
    for seed, (name, (patient, series, z)) in enumerate(zip(names, places, strict=True)):
        fields = {"PatientID": patient, "SeriesInstanceUID": series, "ImagePositionPatient": [0, 0, z]}
        written(tmp_path / name, stored(seed), **fields)
    truth = np.stack([attenuation(stored(seed) - 1024.0) for seed in (2, 3, 1, 4, 0)])
    np.testing.assert_allclose(read(tmp_path), truth, atol=1e-6)
    source = DicomFolder(tmp_path, 12)
    np.testing.assert_allclose(source.images(np.array([4, 0])), truth[[4, 0]], atol=1e-6)
    np.testing.assert_array_equal(source.patients, [0, 0, 0, 0, 1])
    assert (len(source), source.held_out, source.sinograms(np.arange(2)), source.grouped) == (5, None, None, "patient")


def test_without_a_position_slices_are_ordered_by_number_and_without_patients_the_series_is_the_patient(tmp_path):
    lost = ("ImagePositionPatient", "SliceLocation", "PatientID")
    for seed, (series, number) in enumerate([("1.1", 12), ("1.1", 9), ("1.2", 1)]):
        written(tmp_path / f"{seed}.dcm", stored(seed), lost, SeriesInstanceUID=series, InstanceNumber=number)
    truth = [attenuation(stored(seed) - 1024.0) for seed in (1, 0, 2)]
    np.testing.assert_allclose(read(tmp_path), truth, atol=1e-6)
    np.testing.assert_array_equal(DicomFolder(tmp_path, PIXELS).patients, [0, 0, 1])


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


def test_slices_of_several_sizes_a_damaged_header_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(VspairError, match=r"holds no CT slice in DICOM"):
        DicomFolder(tmp_path, PIXELS)
    written(tmp_path / "a.dcm")
    written(tmp_path / "b.dcm", stored(size=16))
    with pytest.raises(VspairError, match=r"several sizes.*a.dcm \(12\), .*b.dcm \(16\)"):
        DicomFolder(tmp_path, PIXELS)
    (tmp_path / "b.dcm").write_bytes(b"no DICOM at all" * 40)
    with pytest.raises(VspairError, match=r"b.dcm cannot be read as DICOM"):
        DicomFolder(tmp_path, PIXELS)


@pytest.mark.parametrize(("fault", "word"), [("truncated", "damaged"), ("compressed", "decompress it")])
def test_truncated_or_compressed_pixels_are_refused_when_read(tmp_path, fault, word):
    path = written(tmp_path / "a.dcm")
    if fault == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        file = pydicom.dcmread(path)
        file.file_meta.TransferSyntaxUID = JPEG2000Lossless
        file.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" * 10])
        file["PixelData"].is_undefined_length = True
        file.save_as(path)
    with pytest.raises(VspairError, match=rf"the pixels of .*a.dcm cannot be read .*{word}"):
        read(tmp_path, PIXELS)
