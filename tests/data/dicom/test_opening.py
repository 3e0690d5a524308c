"""How DICOM files are written: with or without preamble and meta information, deflated, compressed, cut short."""

import resource
import zlib

import numpy as np
import pydicom
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLosslessSV1,
    RLELossless,
)

from vspair.data.dicom import DicomFolder
from vspair.data.dicom.header import read_header
from vspair.errors import VspairError


def rewritten(path, syntax):
    """The file in another transfer syntax."""
    file = pydicom.dcmread(path)
    if syntax == RLELossless:
        file.compress(RLELossless)
        file.save_as(path)
        return path
    file.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        file.PixelData = np.frombuffer(file.PixelData, "<u2").astype(">u2").tobytes()
    little, implicit = syntax != ExplicitVRBigEndian, syntax == ImplicitVRLittleEndian
    file._read_implicit = None
    pydicom.dcmwrite(path, file, implicit_vr=implicit, little_endian=little, force_encoding=True)
    return path


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless],
)
@pytest.mark.parametrize("lost", ["nothing", "preamble", "meta"])
def test_a_slice_is_the_same_however_its_file_is_written(write, slice_of, tmp_path, syntax, lost):
    """Without meta information a file cannot tell that it is compressed, so that these need theirs."""
    path = rewritten(write(tmp_path / "IM0001"), syntax)
    content = path.read_bytes()
    if lost == "preamble":
        path.write_bytes(content[132:])
    elif lost == "meta":
        if syntax in (DeflatedExplicitVRLittleEndian, RLELossless):
            pytest.skip("needs its meta information")
        length = pydicom.dcmread(path).file_meta.FileMetaInformationGroupLength
        path.write_bytes(content[144 + length :])
    (image,) = DicomFolder(tmp_path, 32).images(np.arange(1))
    truth = (slice_of().astype(float) * (20 - 0.02) / 1000 + 20) / 81.35858
    np.testing.assert_allclose(image, truth.clip(0), atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x08\x00",
        b"II*\x00" + b"\0" * 200,
        b"\xff\xd8\xff\xe0" + b"\0" * 200,
        b"\x08\x00\x60\x00XY" + b"\0" * 200,
    ],
)
def test_what_only_looks_like_dicom_is_passed_over_and_refused_under_the_name_of_one(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    assert read_header(path, 32) == "not DICOM"
    with pytest.raises(VspairError, match=r"a.dcm cannot be read as DICOM \(its content is something else, or empty\)"):
        read_header(path.rename(tmp_path / "a.dcm"), 32)


def test_a_small_file_that_takes_much_inflated_is_refused_without_taking_it(write, tmp_path):
    """300 KB for 300 MB; pydicom inflates all of a file to read its first field."""
    path = rewritten(write(tmp_path / "a.dcm"), DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    begin = 144 + pydicom.dcmread(path).file_meta.FileMetaInformationGroupLength
    inside = zlib.decompress(content[begin:], -zlib.MAX_WBITS)
    deflater = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    pieces = [deflater.compress(inside), *(deflater.compress(bytes(2**20)) for _ in range(300)), deflater.flush()]
    path.write_bytes(content[:begin] + b"".join(pieces))
    assert path.stat().st_size < 400_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(VspairError, match=r"a.dcm is deflated and takes more than 64 MiB inflated"):
        read_header(path, 32)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


@pytest.mark.parametrize(
    ("cut", "fields", "message"),
    [
        (1, {}, r"2048 bytes of which the file has 2047, instead of 2048\): it is damaged, perhaps cut short"),
        (2048, {}, r"2048 bytes of which the file has 0"),
        (0, {"Rows": 64, "Columns": 64}, r"2048 bytes of which the file has 2048, instead of 8192"),
        (0, {"BitsAllocated": 32}, r"2048 bytes .* instead of 4096"),
        (0, {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, r"2048 bytes .* instead of 1024"),
    ],
)
def test_pixels_that_do_not_fit_are_refused_while_planning(write, tmp_path, cut, fields, message):
    path = write(tmp_path / "a.dcm", **fields)
    path.write_bytes(path.read_bytes()[: path.stat().st_size - cut])
    with pytest.raises(VspairError, match=message):
        read_header(path, 32)


def test_what_cannot_be_decoded_is_refused_while_planning(write, tmp_path):
    path = write(tmp_path / "a.dcm")
    file = pydicom.dcmread(path)
    file.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    file.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8" * 10])
    file.save_as(path)
    with pytest.raises(VspairError, match=r"JPEG Lossless.*: it is compressed; decompress it, .*gdcmconv --raw"):
        read_header(path, 32)
    content = path.read_bytes().replace(JPEGLosslessSV1.encode(), b"1.2.840.10008.1.2.9.9.")
    path.write_bytes(content)
    with pytest.raises(VspairError, match=r"transfer syntax '1.2.840.10008.1.2.9.9.' is not known"):
        read_header(path, 32)
    del file.PixelData
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.save_as(path)
    with pytest.raises(VspairError, match=r"expected PixelData, found none"):
        read_header(path, 32)
