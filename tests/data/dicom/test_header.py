"""Malformed headers: each is refused in a sentence that names field and value, or does no harm."""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from vspair.data.dicom import DicomFolder
from vspair.data.dicom.header import read_header
from vspair.errors import VspairError


def changed(path, name, raw, vr):
    """A file whose field has these bytes, whatever pydicom thinks of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = pydicom.dcmread(path)
        tag = Tag(tag_for_keyword(name))
        raw += b" " * (len(raw) % 2)
        file._dict[tag] = RawDataElement(tag, vr, len(raw), raw, 0, False, True)
        file.save_as(path)
    return path


@pytest.mark.parametrize(
    ("name", "vr", "raw", "shown"),
    [
        ("RescaleIntercept", "DS", b"-1024,00", r"RescaleIntercept '-1024,00' instead of one number"),
        ("RescaleIntercept", "DS", b"1e9", r"RescaleIntercept 1e\+09 instead of .* -65536 to 65536"),
        ("RescaleIntercept", "DS", b"none", r"RescaleIntercept 'none'"),
        ("RescaleIntercept", "DS", b"", r"lacks RescaleSlope or RescaleIntercept"),
        ("RescaleSlope", "DS", b"1\\1", r"RescaleSlope 1, 1 instead of one number"),
        ("RescaleSlope", "DS", b"0", r"RescaleSlope 0 instead of one number from 0.001 to 1000"),
        ("RescaleSlope", "DS", b"-1", r"RescaleSlope -1 instead"),
        ("RescaleSlope", "DS", b"nan", r"RescaleSlope 'nan' instead"),
        ("RescaleSlope", "DS", b"inf", r"RescaleSlope inf instead"),
        ("RescaleSlope", "DS", b"1e300", r"RescaleSlope 1e\+300 instead"),
        ("NumberOfFrames", "IS", b"abc", r"NumberOfFrames 'abc' instead of one whole number from 1"),
        ("NumberOfFrames", "IS", b"0", r"NumberOfFrames 0 instead"),
        ("NumberOfFrames", "IS", b"1.5", r"NumberOfFrames 1.5 instead of one whole number"),
        ("NumberOfFrames", "IS", b"9" * 400, r"NumberOfFrames .* instead"),
        ("ImageOrientationPatient", "DS", b"1", r"ImageOrientationPatient 1 instead of 6 numbers from -1.01 to 1.01"),
        ("ImageOrientationPatient", "DS", b"1\\0\\0\\0\\nan\\0", r"ImageOrientationPatient .* instead of 6"),
        ("ImagePositionPatient", "DS", b"1\\2", r"ImagePositionPatient 1, 2 instead of 3 numbers"),
        ("ImagePositionPatient", "DS", b"1\\2\\nan", r"ImagePositionPatient '1\\\\+2\\\\+nan' instead"),
        ("Rows", "US", b"\xff\xff", r"Rows 65535 instead of one whole number from 1 to 8192"),
        ("Rows", "US", b"", r"lacks Rows"),
        ("Columns", "US", b"\x20\x00\x20\x00", r"Columns 32, 32 instead of one whole number"),
        ("BitsAllocated", "US", b"\x0c\x00", r"BitsAllocated 12 instead of 8, 16 or 32"),
        ("BitsStored", "US", b"\x00\x00", r"BitsStored 0 instead of one whole number from 1 to 16"),
        ("PixelRepresentation", "US", b"\x07\x00", r"PixelRepresentation 7 instead of one whole number from 0 to 1"),
        ("SamplesPerPixel", "US", b"\x00\x00", r"SamplesPerPixel 0 instead"),
        ("PixelPaddingValue", "US", b"\x00\x00\x01\x00", r"PixelPaddingValue 0, 1 instead of one whole number"),
        ("RescaleType", "LO", b"OD\x1b[31m", r"RescaleType OD\\x1b\[31m instead of HU"),
        ("PhotometricInterpretation", "CS", b"", r"no PhotometricInterpretation"),
    ],
)
def test_a_malformed_field_that_decides_is_refused_by_name_while_planning(write, tmp_path, name, vr, raw, shown):
    """In the tests warnings are errors: none of pydicom's may come through."""
    path = changed(write(tmp_path / "a.dcm", NumberOfFrames=1), name, raw, vr)
    with pytest.raises(VspairError, match=shown) as refused:
        read_header(path, 32)
    assert str(path) in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("name", "vr", "raw"),
    [
        ("InstanceNumber", "IS", b"1 of"),
        ("InstanceNumber", "IS", b"9" * 30),
        ("SliceLocation", "DS", b"here"),
        ("PatientID", "LO", b"\xff\xfe\x1b$B"),
        ("StudyInstanceUID", "UI", b"no UID at all"),
        ("ImageType", "CS", b"original\\\\"),
        ("NumberOfFrames", "IS", b""),
        ("RescaleSlope", "DS", b" 1.0 "),
    ],
)
def test_a_malformed_field_that_decides_nothing_does_no_harm(write, slice_of, tmp_path, name, vr, raw):
    changed(write(tmp_path / "a.dcm", InstanceNumber=1), name, raw, vr)
    (image,) = DicomFolder(tmp_path, 32).images(np.arange(1))
    truth = (slice_of().astype(float) * (20 - 0.02) / 1000 + 20) / 81.35858
    np.testing.assert_allclose(image, truth.clip(0), atol=1e-6)


def test_a_number_that_would_order_slices_is_refused(write, tmp_path):
    path = write(tmp_path / "a.dcm", without=("ImagePositionPatient",), InstanceNumber=1)
    changed(path, "InstanceNumber", b"1 of", "IS")
    with pytest.raises(VspairError, match=r"InstanceNumber '1 of' instead of one whole number"):
        read_header(path, 32)


def test_a_table_in_the_place_of_slope_and_intercept_is_refused(write, tmp_path):
    path = write(tmp_path / "a.dcm", ModalityLUTSequence=[Dataset()])
    with pytest.raises(VspairError, match=r"has a ModalityLUTSequence, which is not applied"):
        read_header(path, 32)


@pytest.mark.parametrize(("kind", "message"), [("CT", r"lacks Rows"), ("none", r"neither Modality nor SOPClassUID")])
def test_a_header_that_ends_early_is_refused_and_not_passed_over(write, tmp_path, kind, message):
    path = write(tmp_path / "a.dcm")
    content = path.read_bytes()
    if kind == "CT":
        path.write_bytes(content[: content.index(b"\x28\x00\x02\x00")])
    else:
        path.write_bytes(content[:132] + content[content.index(b"\x08\x00\x16\x00") :][:0])
    with pytest.raises(VspairError, match=message):
        read_header(path, 32)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Modality": "RTSTRUCT"}, "of modality RTSTRUCT"),
        ({"Modality": "SR"}, "of modality SR"),
        ({"ImageType": ["DERIVED", "SECONDARY", "LOCALIZER"]}, "localisers"),
        ({"PhotometricInterpretation": "RGB"}, "colour pictures (RGB, as of screens and reports)"),
        ({"SOPClassUID": "1.2.840.10008.1.3.10"}, "DICOMDIR"),
    ],
)
def test_what_is_no_slice_is_passed_over_with_its_reason(write, tmp_path, fields, reason):
    assert read_header(write(tmp_path / "a.dcm", **fields), 32) == reason
