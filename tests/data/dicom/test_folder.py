import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_rescale
from pydicom.uid import JPEG2000Lossless, SecondaryCaptureImageStorage, generate_uid

from vspair.data.dicom import DicomFolder
from vspair.data.groups import UNKNOWN
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
    patient = str(fields.get("PatientID", "A"))
    own = {"StudyInstanceUID": generate_uid(entropy_srcs=[patient]), "FrameOfReferenceUID": f"1.2.{ord(patient[0])}"}
    for name, value in ({"PatientID": "A", "SeriesInstanceUID": "1.2.3"} | own | fields).items():
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


def test_without_a_position_slices_are_ordered_by_number_and_without_anything_else_grouped_by_series(tmp_path):
    lost = ("ImagePositionPatient", "SliceLocation", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID")
    for seed, (series, number) in enumerate([("1.1", 12), ("1.1", 9), ("1.2", 1)]):
        written(tmp_path / f"{seed}.dcm", stored(seed), lost, SeriesInstanceUID=series, InstanceNumber=number)
    truth = [attenuation(stored(seed) - 1024.0) for seed in (1, 0, 2)]
    np.testing.assert_allclose(read(tmp_path), truth, atol=1e-6)
    source = DicomFolder(tmp_path, PIXELS)
    np.testing.assert_array_equal(source.patients, [0, 0, 1])
    assert source.grouped == "series"


def test_what_is_no_ct_slice_is_passed_over(tmp_path):
    written(tmp_path / "slice.dcm")
    written(tmp_path / "mr.dcm", Modality="MR")
    written(tmp_path / "scout.dcm", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    (tmp_path / "readme.txt").write_text("not DICOM")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "slices.zip").write_bytes(b"PK" + b"\0" * 200)
    written(tmp_path / "picture.dcm", PhotometricInterpretation="RGB", SamplesPerPixel=3)
    written(tmp_path / "._slice.dcm").write_bytes(b"what macOS leaves beside a file")
    written(tmp_path / ".git" / "slice.dcm")
    written(tmp_path / "screen.dcm", without=("RescaleSlope",), SOPClassUID=SecondaryCaptureImageStorage)
    source = DicomFolder(tmp_path, PIXELS)
    assert len(source) == 1
    assert source.files == (
        "files used: 1, passed over: 9 (1 archives (unpack them), 1 colour pictures (RGB, as of screens and reports), "
        "2 hidden (names that begin with a dot), 1 localisers, 2 not DICOM, 1 of modality MR, "
        "1 pictures of screens (secondary capture))"
    )


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


def codes(write, folder, places):
    """Codes and kind of slices of these (PatientID, study, frame, series), in the order given."""
    for number, names in enumerate(places):
        fields = dict(
            zip(("PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "SeriesInstanceUID"), names, strict=True)
        )
        write(folder / f"{number}.dcm", ImagePositionPatient=[0, 0, number], **fields)
    source = DicomFolder(folder, 32)
    order = np.argsort([int(Path(source.name(position)).stem) for position in range(len(source))])
    return source, source.patients[order].tolist()


@pytest.mark.parametrize(
    ("places", "grouped", "same"),
    [
        ([("", "1", "", "5"), ("", "1", "", "6"), ("", "2", "", "7")], "study", "aab"),
        ([("", "1", "9", "5"), ("", "2", "9", "6"), ("", "3", "8", "7")], "study", "aab"),
        ([("", "", "9", "5"), ("", "", "9", "6"), ("", "", "", "7")], "series", "aab"),
        ([("P", "1", "", "5"), ("", "1", "", "6"), ("Q", "2", "", "7")], "patient", "aab"),
        ([("P", "1", "", "5"), ("P", "2", "", "6"), ("", "3", "", "7")], "study", "aab"),
        ([("ANONYMOUS", "1", "", "5"), ("Anonymous", "1", "", "6"), ("anonymized", "2", "", "7")], "study", "aab"),
        ([("XXXX", "1", "", "5"), ("***", "2", "", "6"), ("None", "2", "", "7")], "study", "abb"),
        ([("0", "1", "", "5"), ("0", "2", "", "6")], "study", "ab"),
        ([("0", "1", "", "5"), ("0", "2", "", "6"), ("1", "3", "", "7")], "patient", "aab"),
        ([("ANON001", "1", "", "5"), ("ANON001", "2", "", "6"), ("ANON002", "3", "", "7")], "patient", "aab"),
        ([("P", "1", "", "5"), ("Q", "1", "", "6"), ("R", "2", "", "7")], "patient", "aab"),
        ([("P", "1", "", "5"), ("P", "2", "", "6"), ("Q", "2", "", "7"), ("Q", "3", "", "8")], "patient", "aaaa"),
        ([("P", "1", "1.2.840.10008.1.4.1.1", "5"), ("Q", "2", "1.2.840.10008.1.4.1.1", "6")], "patient", "ab"),
        ([(" P ", "1", "", "5"), ("P", "2", "", "6")], "patient", "aa"),
        ([("", "", "", ""), ("", "", "", "")], "unknown", None),
        ([("P", "1", "", "5"), ("", "", "", "")], "patient", None),
    ],
)
def test_slices_that_share_what_identifies_are_one_group_and_the_word_is_no_more_than_is_known(
    write, tmp_path, places, grouped, same
):
    source, found = codes(write, tmp_path, places)
    assert source.grouped == grouped
    if same is None:
        known = [bool("".join(names)) for names in places]
        assert [code != UNKNOWN for code in found] == known
    else:
        assert [[a == b for b in found] for a in found] == [[a == b for b in same] for a in same]
        assert UNKNOWN not in found


def test_patients_that_count_as_one_are_told_in_the_log_and_not_in_what_is_published(write, tmp_path):
    source, _ = codes(write, tmp_path, [("Meier", "1", "", "5"), ("Huber", "1", "", "6"), ("R", "2", "", "7")])
    (remark,) = source.remarks
    assert "2 PatientIDs count as 1 patients" in remark
    assert "'Huber' and 'Meier'" in remark
    assert "Meier" not in source.files


def test_a_copy_counts_once_and_makes_its_patients_one(write, tmp_path):
    """A copy under another PatientID: both are one patient, whose other slices may not be in both parts."""
    one = {"SOPInstanceUID": "1.2.3.4"}
    write(tmp_path / "a.dcm", PatientID="A", **one)
    write(tmp_path / "b.dcm", PatientID="B", **one)
    for number, patient in enumerate("ABC"):
        write(tmp_path / f"{number}.dcm", PatientID=patient, ImagePositionPatient=[0, 0, 5])
    source = DicomFolder(tmp_path, 32)
    assert (len(source), source.patients.tolist()) == (4, [0, 0, 0, 1])
    assert source.files == "files used: 4, passed over: 1 (1 of an instance that another file holds)"
    assert "b.dcm has the SOPInstanceUID of" in source.remarks[0]


def test_links_are_followed_and_what_they_lead_to_counts_once(write, tmp_path):
    folder, elsewhere = tmp_path / "slices", tmp_path / "elsewhere"
    write(elsewhere / "deep/a.dcm")
    write(folder / "b.dcm")
    write(tmp_path / "c.dcm")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "again").symlink_to(elsewhere / "deep")
    (folder / "c").symlink_to(tmp_path / "c.dcm")
    (folder / "round").symlink_to(folder)
    (elsewhere / "up").symlink_to(folder)
    (folder / "d.dcm").symlink_to(folder / "b.dcm")
    source = DicomFolder(folder, 32)
    assert {Path(source.name(position)).name for position in range(len(source))} == {"a.dcm", "b.dcm", "c"}
    assert source.files == "files used: 3, passed over: 1 (1 reached twice through links)"


def test_links_that_lead_nowhere_and_folders_that_cannot_be_read_are_refused(write, tmp_path, monkeypatch):
    write(tmp_path / "a.dcm")
    (tmp_path / "lost.dcm").symlink_to(tmp_path / "gone")
    with pytest.raises(VspairError, match=r"lost.dcm is a link that leads nowhere \(.*gone\)"):
        DicomFolder(tmp_path, 32)
    (tmp_path / "lost.dcm").unlink()
    (tmp_path / "lost.dcm").symlink_to("lost.dcm")
    with pytest.raises(VspairError, match=r"lost.dcm is a link that leads nowhere"):
        DicomFolder(tmp_path, 32)
    (tmp_path / "lost.dcm").unlink()
    os.mkfifo(tmp_path / "pipe.dcm")
    assert "1 no regular file" in DicomFolder(tmp_path, 32).files
    (tmp_path / "closed").mkdir()
    listed = os.scandir

    def closed(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(VspairError, match=r"closed cannot be listed \(Permission denied\)"):
        DicomFolder(tmp_path, 32)


def test_a_file_that_may_not_be_read_is_refused(write, tmp_path, monkeypatch):
    write(tmp_path / "a")
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *rest: _denied() if path.name == "a" else opened(path, *rest))
    with pytest.raises(VspairError, match=r"a cannot be read as DICOM \(.*Permission denied\)"):
        DicomFolder(tmp_path, 32)


def _denied():
    raise PermissionError(13, "Permission denied")


def test_values_that_cannot_be_hounsfield_units_are_refused_before_any_work(write, slice_of, tmp_path):
    """Among good slices: each is looked at by itself."""
    for number in range(5):
        write(tmp_path / f"{number}.dcm", slice_of(number), ImagePositionPatient=[0, 0, number])
    assert len(DicomFolder(tmp_path, 32)) == 5
    write(tmp_path / "5.dcm", RescaleIntercept=0, ImagePositionPatient=[0, 0, 9])
    with pytest.raises(VspairError, match=r"5.dcm holds values from .* intercept \(often -1024\) was not applied"):
        DicomFolder(tmp_path, 32)


def test_a_central_square_of_one_value_is_refused_when_it_is_read(write, slice_of, tmp_path):
    hu = slice_of()
    hu[12:20, 12:20] = 40
    write(tmp_path / "a.dcm", hu)
    with pytest.raises(VspairError, match=r"the central square of .*a.dcm is of one attenuation everywhere"):
        DicomFolder(tmp_path, 8)


def test_no_mutation_ends_in_a_traceback(write, tmp_path):
    """120 files with one to four bytes changed, or cut short: a refusal, or values of the scale in bounded time.

    It would catch a field that is converted outside the guard, at opening or in the middle of a run.
    """
    whole = write(tmp_path / "whole" / "a.dcm", PixelPaddingValue=0, InstanceNumber=3, NumberOfFrames=1).read_bytes()
    generator = np.random.default_rng(5)
    refused = 0
    for number in range(120):
        content = bytearray(whole)
        for place in generator.integers(0, len(whole) - 2048, generator.integers(1, 5)):
            content[place] = generator.integers(256)
        if number % 10 == 0:
            content = content[: generator.integers(len(content))]
        path = tmp_path / "changed" / "a.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        try:
            source = DicomFolder(path.parent, 32)
            image = source.images(np.arange(len(source)))
        except VspairError as error:
            refused += 1
            assert "\n" not in str(error)
        else:
            assert image.shape == (1, 32, 32)
            assert (image >= 0).all()
            assert (image <= 1).all()
    assert 30 < refused < 120
