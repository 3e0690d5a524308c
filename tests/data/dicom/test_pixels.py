"""Stored values as Hounsfield units: sign, slope, intercept and padding."""

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_rescale

from vspair.data.dicom import DicomFolder
from vspair.data.dicom.header import read_header
from vspair.data.dicom.pixels import hounsfield
from vspair.data.units import PADDING
from vspair.errors import VspairError

CORNERS = np.hypot(*np.meshgrid(*2 * [np.linspace(-1, 1, 32)])) > 1.1


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.int32, np.uint32])
def test_padding_is_no_tissue_however_it_is_written(write, slice_of, tmp_path, kind):
    """-2000 as 16 or 32 bits; in unsigned slices it reads as 63536, which would be the brightest bone."""
    stored = (slice_of().astype(np.int64) + 1024).astype(kind)
    stored[CORNERS] = np.int64(-2000).astype(kind)
    raw = int(stored[0, 0])
    path = write(tmp_path / "a.dcm", stored=stored)
    file = pydicom.dcmread(path)
    for vr, value in (("US", raw % 2**16), ("SS", -2000)):
        if stored.itemsize == 4 and vr == "US":
            continue
        file.add_new("PixelPaddingValue", vr, value)
        file.save_as(path)
        hu = hounsfield(read_header(path, 32))
        np.testing.assert_array_equal(hu[CORNERS], PADDING)
        np.testing.assert_array_equal(hu[~CORNERS], slice_of()[~CORNERS])
        (image,) = DicomFolder(tmp_path, 32).images(np.arange(1))
        assert (image[CORNERS] == 0).all()
        assert 0.4 < image.max() < 0.5


@pytest.mark.parametrize("ends", [(-2000, -1990), (-1990, -2000), (63536, 63546), (-2000, 63546)])
def test_a_range_of_padding(write, slice_of, tmp_path, ends):
    stored = (slice_of() + 1024).astype(np.uint16)
    stored[CORNERS] = 63536 + np.arange(CORNERS.sum()) % 11
    path = write(tmp_path / "a.dcm", stored=stored)
    file = pydicom.dcmread(path)
    for name, end in zip(("PixelPaddingValue", "PixelPaddingRangeLimit"), ends, strict=True):
        file.add_new(name, "SS" if end < 0 else "US", end)
    file.save_as(path)
    hu = hounsfield(read_header(path, 32))
    np.testing.assert_array_equal(hu == PADDING, CORNERS)


@pytest.mark.parametrize(
    ("kind", "slope", "intercept"), [(np.int16, 2, -500), (np.uint16, 0.5, -1024), (np.int16, 1, 0)]
)
def test_rescaling_is_that_of_the_peer_library(write, slice_of, tmp_path, kind, slope, intercept):
    stored = ((slice_of() - intercept) / slope).round().astype(kind)
    path = write(tmp_path / "a.dcm", stored=stored, RescaleSlope=slope, RescaleIntercept=intercept)
    file = pydicom.dcmread(path)
    found = hounsfield(read_header(path, 32))
    np.testing.assert_allclose(found, apply_rescale(file.pixel_array, file))
    np.testing.assert_allclose(found, slice_of(), atol=max(slope, 1))


def test_values_of_fewer_bits_than_are_allocated(write, slice_of, tmp_path):
    """The other bits say nothing, but may say that a value is padding."""
    path = write(tmp_path / "a.dcm", stored=slice_of() & 0xFFF, RescaleIntercept=0, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(hounsfield(read_header(path, 32)), slice_of())
    stored = np.where(CORNERS, 63536, slice_of() + 1024).astype(np.uint16)
    fields = {"BitsStored": 12, "HighBit": 11, "PixelPaddingValue": 63536}
    found = hounsfield(read_header(write(tmp_path / "b.dcm", stored=stored, **fields), 32))
    np.testing.assert_array_equal(found, np.where(CORNERS, PADDING, slice_of()))


@pytest.mark.parametrize(
    ("stored", "fields", "message"),
    [
        (
            lambda hu: (hu + 1024).astype(np.uint16),
            {"RescaleIntercept": 0},
            r"intercept \(often -1024\) was not applied",
        ),
        (
            lambda hu: hu.view(np.uint16),
            {"RescaleIntercept": 0},
            r" 6\d+, .* negative values were stored as unsigned",
        ),
        (lambda hu: hu, {}, r"hardly any between -200 and 200 HU"),
        (np.zeros_like, {}, r"is of one attenuation everywhere \(-1024 to -1024 HU\)"),
        (lambda hu: hu + np.where(CORNERS, 0, 1024).astype(np.int16), {"RescaleIntercept": 0}, r""),
    ],
)
def test_hounsfield_units_that_cannot_be_are_refused_with_the_numbers_seen(
    write, slice_of, tmp_path, stored, fields, message
):
    hu = slice_of()
    if not message:
        hu[CORNERS], message = -2000, "intercept .* was not applied"
    write(tmp_path / "a.dcm", stored=stored(hu), **fields)
    with pytest.raises(VspairError, match=message):
        DicomFolder(tmp_path, 32)
