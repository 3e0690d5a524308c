"""CT slices of one's own in HDF5 and in DICOM, made into pairs by the real Snakemake."""

import json
import os
import shutil

import h5py
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from skimage.measure import block_reduce

from vspair.data import read_pairs

SIDE, PIXELS, ANGLES, BINS = 0.26, 44, 50, 41
PATIENTS, EACH = 16, 4
PATIENT = np.repeat([f"patient{number:02d}" for number in range(PATIENTS)], EACH)
AIR, TISSUE, BONE = -1000, 40, 800


def discs():
    """Of each slice, centre along both axes and radius of a body and of a bone in it, in metres: (2, slices, 3)."""
    rng = np.random.default_rng(0)
    centre = rng.uniform(-0.02, 0.02, (len(PATIENT), 2))
    body = np.column_stack([centre, rng.uniform(0.06, 0.09, len(PATIENT))])
    bone = np.column_stack([centre + np.array([0.03, -0.02]), np.full(len(PATIENT), 0.02)])
    return np.stack([body, bone])


def hounsfield():
    """The slices in Hounsfield units, int16 (slices, pixels, pixels)."""
    middles = (np.arange(PIXELS) + 0.5) * SIDE / PIXELS - SIDE / 2
    first, second = np.meshgrid(middles, middles, indexing="ij")
    body, bone = (
        (first - a) ** 2 + (second - b) ** 2 <= radius**2
        for a, b, radius in np.moveaxis(discs(), -1, 1)[..., None, None]
    )
    return np.where(bone, BONE, np.where(body, TISSUE, AIR)).astype(np.int16)


def normalised(hu):
    return (np.asarray(hu) * (20 - 0.02) / 1000 + 20) / 81.35858


def middles(low, high, parts):
    return low + (np.arange(parts) + 0.5) * (high - low) / parts


def line_integrals():
    """Closed form for all rays: along (phi, s) a disc at c of radius r has the chord 2 sqrt(r^2 - (s - c . n)^2)."""
    angles, bins = middles(0, np.pi, ANGLES), middles(-SIDE / np.sqrt(2), SIDE / np.sqrt(2), BINS)
    offset = bins - (discs()[..., :2] @ np.stack([np.cos(angles), np.sin(angles)]))[..., None]
    chords = 2 * np.sqrt(np.clip(discs()[..., 2, None, None] ** 2 - offset**2, 0, None))
    tissue, bone = normalised(TISSUE), normalised(BONE) - normalised(TISSUE)
    return (tissue * chords[0] + bone * chords[1]).astype(np.float32)


def as_hdf5(folder):
    with h5py.File(folder / "slices.h5", "w") as file:
        file["hu"], file["patient"] = hounsfield(), PATIENT.astype("S")
    return "slices.h5"


def as_dicom(folder):
    """Files whose names run against their order, a little larger than is asked for, beside what is no slice."""
    (folder / "slices").mkdir()
    (folder / "slices/notes.txt").write_text("not a slice")
    for number, (hu, patient) in enumerate(zip(hounsfield(), PATIENT, strict=True)):
        stored = (np.pad(hu, 2, constant_values=AIR) + 1024).astype(np.uint16)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, f"1.2.3.{number}"
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / "slices" / f"{len(PATIENT) - number:03d}.dcm"
        file = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
        file.Modality, file.PatientID, file.SOPInstanceUID = "CT", patient, f"1.2.3.{number}"
        file.StudyInstanceUID = f"1.2.4.{number // EACH}"
        file.SeriesInstanceUID, file.InstanceNumber = "1.2.3", number
        file.Rows, file.Columns = stored.shape
        file.SamplesPerPixel, file.PhotometricInterpretation, file.PixelRepresentation = 1, "MONOCHROME2", 0
        file.BitsAllocated, file.BitsStored, file.HighBit = 16, 16, 15
        file.RescaleSlope, file.RescaleIntercept = 1, -1024
        file.ImagePositionPatient, file.ImageOrientationPatient = [0, 0, number], [1, 0, 0, 0, 1, 0]
        file.PixelData = stored.tobytes()
        file.save_as(path, enforce_file_format=True)
    return "slices"


FORMATS = {"hounsfield": as_hdf5, "dicom": as_dicom}


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.slow
def test_slices_become_pairs(untouched, tmp_path, source):
    """QoI and observation of each pair against the slice that was written: a slice taken for another, a flipped or
    transposed axis, another crop and another scale would all show."""
    (tmp_path / "data").mkdir()
    path = FORMATS[source](tmp_path / "data")
    setting = f"tomography={{data: {{source: {source}, path: {path}}}}}"
    folder = untouched.folder / "results/demo/tomography"
    target = "results/demo/tomography/scans/pairs.safetensors"
    result = untouched.snakemake(target, "--config", setting, f"data_dir={tmp_path / 'data'}")
    assert result.returncode == 0, result.stdout + result.stderr

    pairs = read_pairs(folder / "scans/pairs.safetensors")
    assert (len(pairs.train), len(pairs.test)) == (24, 40)
    assert not set(PATIENT[pairs.train.index]) & set(PATIENT[pairs.test.index])
    images = block_reduce(normalised(hounsfield())[:, 2:42, 2:42], (1, 2, 2), np.mean)
    sinograms = block_reduce(line_integrals()[:, 1:49, :40], (1, 2, 2), np.mean)
    for split in (pairs.train, pairs.test):
        np.testing.assert_allclose(split.qoi[:, 0], images[split.index], atol=1e-6)
        true = sinograms[split.index]
        assert np.linalg.norm(split.observation[:, 0] - true) < 0.05 * np.linalg.norm(true)

    facts = json.loads((folder / "slices/split.json").read_text())
    assert [facts[key] for key in ("source", "train", "test")] == [source, 24, 40]
    assert [facts["train_patients"], facts["test_patients"]] == [" of 6 patients", " of 10 other patients"]

    receipt = (folder / "slices/slices.receipt.json").read_text()
    assert f'"data:{path}' in receipt
    assert str(tmp_path) not in receipt


@pytest.mark.slow
def test_anonymised_slices_are_counted_by_study_and_a_second_export_not_at_all(untouched, tmp_path):
    """Blank PatientIDs; one study stands there again under other identifiers, beside a link and a note."""
    (tmp_path / "data").mkdir()
    folder = tmp_path / "data" / as_dicom(tmp_path / "data")
    for number, path in enumerate(sorted(folder.glob("*.dcm"))):
        file = dcmread(path)
        file.PatientID = ""
        file.save_as(path)
        if number < EACH:
            file.SOPInstanceUID, file.StudyInstanceUID, file.SeriesInstanceUID = f"1.9.{number}", "1.9", "1.9.9"
            file.save_as(folder / f"again{number}.dcm")
    (folder / "link.dcm").symlink_to(path)
    setting = "tomography={data: {source: dicom, path: slices}}"
    target = "results/demo/tomography/slices/slices.safetensors"
    result = untouched.snakemake(target, "--config", setting, f"data_dir={tmp_path / 'data'}")
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    assert "files used: 68, passed over: 2 (1 not DICOM, 1 reached twice through links)" in output
    assert "4 slices are copies of others and left out: " in output

    folder = untouched.folder / "results/demo/tomography/slices"
    facts = json.loads((folder / "split.json").read_text())
    assert (facts["train"], facts["test"]) == (24, 40)
    assert [facts["train_patients"], facts["test_patients"]] == [" of 6 studies", " of 10 other studies"]
    assert facts["sentence"] == (
        "the source tells studies but not patients apart, so a patient may be in both parts; 4 slices are copies of "
        "others and left out"
    )
    receipt = (folder / "slices.receipt.json").read_text()
    assert "files used: 68, passed over: 2" in receipt


@pytest.mark.slow
def test_a_slice_that_comes_later_is_seen(untouched, tmp_path):
    """By the workflow and by the audit; so is one that goes, and a list of names beside the slices."""
    (tmp_path / "data").mkdir()
    path = as_dicom(tmp_path / "data")
    target = "results/demo/tomography/slices/split.json"
    given = ("--config", f"tomography={{data: {{source: dicom, path: {path}}}}}", f"data_dir={tmp_path / 'data'}")
    result = untouched.snakemake(target, *given)
    assert result.returncode == 0, result.stdout + result.stderr
    assert untouched.planned(target, *given) == set()
    folder = tmp_path / "data" / path
    (folder / "later").mkdir()
    file = folder / "001.dcm"
    # With an old time, as a copy that keeps times has it.
    shutil.copy2(file, folder / "later/065.dcm")
    os.utime(folder / "later/065.dcm", (0, 0))
    for inside in (folder / "later", folder):
        os.utime(inside, (0, 0))
    assert untouched.planned(target, *given) == {"scan_slices"}
    audited = untouched.run("vspair", "audit", "results/demo", *given)
    assert "stale data" in audited.stdout
    assert "has files that were not there: data:slices/later/065.dcm;" in audited.stdout
    shutil.rmtree(folder / "later")
    # Else Snakemake goes by the folder's own time.
    os.utime(folder, (0, 0))
    assert untouched.planned(target, *given) == set()
    file.unlink()
    assert untouched.planned(target, *given) == {"scan_slices"}
    assert "its input data:slices/001.dcm is gone" in untouched.run("vspair", "audit", "results/demo", *given).stdout
