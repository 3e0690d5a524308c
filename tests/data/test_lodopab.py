import json
import os
import random
import shutil
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from vspair.data import lodopab
from vspair.data.groups import UNKNOWN
from vspair.data.lodopab import SLICES_A_FILE, LodopabFolder, download_lodopab
from vspair.errors import VspairError

needs_dival = pytest.mark.skipif(find_spec("dival") is None, reason="dival is not installed")

SIZES = {"ground_truth": (4, 4), "observation": (5, 6)}


def put(folder, part, number, length, sizes=SIZES, kinds=("ground_truth", "observation")):
    """One pair of files; every value tells its part, file, slice and kind."""
    for kind in kinds:
        values = np.random.default_rng([len(part), number, len(kind)]).random((length, *sizes[kind]), dtype=np.float32)
        with h5py.File(folder / f"{kind}_{part}_{number:03d}.hdf5", "w") as file:
            file["data"] = values


def content(folder, kind, part, number):
    with h5py.File(folder / f"{kind}_{part}_{number:03d}.hdf5") as file:
        return file["data"][:]


@pytest.fixture
def folder(tmp_path):
    """An incomplete set: two files of train, one each of validation and test."""
    for part, number, length in (("train", 0, 3), ("train", 2, 2), ("validation", 0, 2), ("test", 1, 4)):
        put(tmp_path, part, number, length)
    return tmp_path


def opened(folder):
    return LodopabFolder(folder, 4, 5, 6)


def test_slices_are_those_of_the_files_in_the_order_of_parts_and_test_is_held_out(folder):
    """Without lists of patients these are unknown, and only the parts are apart."""
    source = opened(folder)
    parts = [("train", 0), ("train", 2), ("validation", 0), ("test", 1)]
    mixed = np.array([10, 0, 6, 0, 4])
    for kind, read in (("ground_truth", source.images), ("observation", source.sinograms)):
        truth = np.concatenate([content(folder, kind, *part) for part in parts])
        np.testing.assert_array_equal(read(np.arange(11)), truth)
        np.testing.assert_array_equal(read(mixed), truth[mixed])
    assert (len(source), source.grouped) == (11, "part")
    np.testing.assert_array_equal(source.held_out, np.arange(11) >= 7)
    assert (source.patients == UNKNOWN).all()
    with pytest.raises(IndexError):
        source.images(np.array([-1]))


def test_patients_belong_to_slices_by_their_place_in_the_complete_set(folder):
    """A list counts 128 slices a file, whatever files are there."""
    for part, files, first in (("train", 3, 0), ("validation", 1, 1000), ("test", 2, 2000)):
        path = folder / f"patient_ids_rand_{part}.csv"
        np.savetxt(path, first + np.arange(files * SLICES_A_FILE), fmt="%d")
    source = opened(folder)
    np.testing.assert_array_equal(source.patients, [0, 1, 2, 256, 257, 1000, 1001, 2128, 2129, 2130, 2131])
    assert source.grouped == "patient"


def numbers(count, *, instead=()):
    """A list of patients, some of whose lines are others."""
    lines = [str(number) for number in range(count)]
    for position, line in instead:
        lines[position] = line
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n2\n3\n", "lists 3 slices, but there are at least 258"),
        ("patient\nLIDC-1\n", "is no list of patient numbers"),
        ("", r"is no list of patient numbers \(line 1 is b''\)"),
        (numbers(384, instead=[(3, "")]), r"is no list of patient numbers \(line 4 is b''\)"),
        (numbers(384, instead=[(256, "nan")]), r"is no list of patient numbers \(line 257 is b'nan'\)"),
        (numbers(384, instead=[(0, "1.0")]), r"is no list of patient numbers \(line 1 is b'1.0'\)"),
        (numbers(384, instead=[(1, "1" * 30)]), r"is no list of patient numbers \(line 2 is b'1{30}'\)"),
        (numbers(384, instead=[(1, "2,3")]), r"is no list of patient numbers"),
        (numbers(384, instead=[(1, "# 2")]), r"is no list of patient numbers"),
        (numbers(35821), r"lists more than the 35820 slices"),
        ("1" * 10**6, r"is no list of patient numbers"),
    ],
)
def test_a_list_of_patients_that_is_short_or_foreign_is_refused(folder, text, message):
    """A blank line that is passed over would give each slice behind it another's patient."""
    (folder / "patient_ids_rand_train.csv").write_text(text)
    with pytest.raises(VspairError, match=rf"patient_ids_rand_train.csv {message}"):
        opened(folder)


def test_a_negative_number_is_no_patient(folder):
    for part in ("train", "validation", "test"):
        (folder / f"patient_ids_rand_{part}.csv").write_text(numbers(384, instead=[(1, "-1"), (257, "-3")]))
    source = opened(folder)
    assert (source.patients == UNKNOWN).tolist() == [number in (1, 4, 6) for number in range(11)]


def test_a_list_that_cannot_be_read_is_not_passed_over(folder):
    (folder / "patient_ids_rand_train.csv").symlink_to("lost.csv")
    with pytest.raises(
        VspairError, match=r"patient_ids_rand_train.csv is a symbolic link to lost.csv, where nothing is"
    ):
        opened(folder)


def changed(folder, name, position, value):
    with h5py.File(folder / name, "r+") as file:
        file["data"][position] = value


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize(
    ("kind", "position", "value", "message"),
    [
        ("ground_truth", (1, 2, 3), np.nan, "expected values from 0 to 1, found 1 others such as nan in 1 of"),
        ("ground_truth", (1, 2), 1.5, "expected values from 0 to 1, found 4 others such as 1.5"),
        ("ground_truth", (1, 2), -1e-3, "expected values from 0 to 1, found 4 others such as -0.001"),
        ("ground_truth", 1, 0, "expected slices of more than one value, found 1 of"),
        ("observation", (1, 2, 3), np.inf, "expected values from -0.01 to 1, found 1 others such as inf"),
        ("observation", (1, 2, 3), 10.6, "expected values from -0.01 to 1, found 1 others such as 10.6"),
        ("observation", (1, 2, 3), -0.5, "expected values from -0.01 to 1, found 1 others such as -0.5"),
        ("observation", 1, 0, "expected slices of more than one value, found 1 of"),
    ],
)
def test_values_that_cannot_be_are_refused_while_planning_and_as_they_are_read(
    folder, part, kind, position, value, message
):
    """Also in training, where a NaN would make the scale NaN. The files change before and after they are opened."""
    number, slices = {"train": (0, [0, 1, 2]), "test": (1, [7, 8, 9, 10])}[part]
    name = f"{kind}_{part}_{number:03d}.hdf5"
    source = opened(folder)
    changed(folder, name, position, value)
    with pytest.raises(VspairError, match=rf"{name}: `data`: {message}.* slice 1 \(from 0\): fetch the file again"):
        (source.images if kind == "ground_truth" else source.sinograms)(np.array(slices))
    with pytest.raises(VspairError, match=rf"{name}: `data`: {message}"):
        LodopabFolder(folder, 4, 5, 6)


def test_the_ends_of_what_was_published_are_no_fault(folder):
    """Clipped ground truth, a bin without photons, and one with a tenth more than were sent on average."""
    changed(folder, "ground_truth_train_000.hdf5", (0, 0), [0, 1, 0, 1])
    changed(folder, "observation_train_000.hdf5", (0, 0, 0), -np.log(0.1 / 4096) / 81.35858)
    changed(folder, "observation_train_000.hdf5", (0, 0, 1), -np.log(4506 / 4096) / 81.35858)
    assert opened(folder).images(np.arange(3)).max() == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda file: file.create_dataset("data", (3, 4, 4), "f4"), "3 of its 3 slices were never written"),
        (
            lambda file: file.create_dataset("data", data=np.ones((3, 4, 4), int)),
            "is of type int64 instead of floating",
        ),
        (lambda file: file.create_dataset("data", data=np.full((3, 4, 4), b"1")), "is of type .S1 instead of floating"),
        (lambda file: file.create_dataset("data", (2**40, 4, 4), "f4", chunks=(1, 4, 4)), "were never written"),
        (
            lambda file: file.create_dataset("data", data=np.random.rand(129, 4, 4)),
            "has 129 slices instead of at most 128",
        ),
        (
            lambda file: file.__setitem__("data", h5py.ExternalLink("other.h5", "data")),
            "lies in another file, other.h5",
        ),
    ],
)
def test_a_file_of_another_content_is_refused(folder, make, message):
    with h5py.File(folder / "ground_truth_train_000.hdf5", "w") as file:
        make(file)
    with pytest.raises(VspairError, match=rf"ground_truth_train_000.hdf5.*{message}"):
        opened(folder)


def test_a_scale_beside_the_data_is_refused(folder):
    with h5py.File(folder / "observation_test_001.hdf5", "r+") as file:
        file["data"].attrs["scale_factor"] = 81.35858
    with pytest.raises(
        VspairError, match=r"observation_test_001.hdf5: `data` has the attribute scale_factor, 81.35858"
    ):
        opened(folder)


def test_mutations_of_a_file_end_in_a_sentence_or_in_the_right_values(folder):
    """Of 40 damaged files none may crash, hang, raise anything else or be misread: its values have a checksum."""
    path = folder / "observation_test_001.hdf5"
    with h5py.File(path, "w") as file:
        values = np.random.default_rng(0).random((4, *SIZES["observation"]), dtype=np.float32)
        file.create_dataset("data", data=values, chunks=(2, 5, 6), compression="gzip", fletcher32=True)
    content, refused = path.read_bytes(), 0
    for seed in range(40):
        generator, data = random.Random(seed), bytearray(content)
        for _ in range(generator.randrange(1, 4)):
            at, size = generator.randrange(min(2500, len(data))), generator.randrange(1, 16)
            data[at : at + size] = generator.choice([bytes(size), b"\xff" * size, generator.randbytes(size)])
        path.write_bytes(data)
        try:
            np.testing.assert_array_equal(opened(folder).sinograms(np.arange(7, 11)), values)
        except VspairError as error:
            assert path.name in str(error)
            refused += 1
    assert 5 < refused < 40


@pytest.mark.parametrize("lost", ["ground_truth_train_002.hdf5", "observation_test_001.hdf5"])
def test_a_file_without_its_partner_or_with_one_of_another_length_is_refused(folder, lost):
    put(folder, "train", 0, 4, kinds=("observation",))
    with pytest.raises(VspairError, match=r"ground_truth_train_000.hdf5 has 3 slices but its partner .* has 4"):
        opened(folder)
    put(folder, "train", 0, 3)
    (folder / lost).unlink()
    with pytest.raises(VspairError, match=rf"{lost} is missing, though its partner is there"):
        opened(folder)


def test_files_of_other_sizes_damaged_ones_and_none_are_refused(folder, tmp_path_factory):
    for sizes, found, asked in (((362, 5, 6), "3, 4, 4", "362, 362"), ((4, 1000, 513), "3, 5, 6", "1000, 513")):
        with pytest.raises(VspairError, match=rf"shape \({found}\) instead of \(slices, {asked}\)"):
            LodopabFolder(folder, *sizes)
    path = folder / "observation_train_002.hdf5"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(VspairError, match=r"observation_train_002.hdf5 cannot be read as HDF5 .*truncated"):
        opened(folder)
    with pytest.raises(VspairError, match=r"has none of LoDoPaB-CT's files"):
        opened(tmp_path_factory.mktemp("empty"))


READ_WITH_DIVAL = """
import sys
import numpy as np
from dival.datasets.lodopab_dataset import LoDoPaBDataset
dataset = LoDoPaBDataset(impl="astra_cpu")
wanted = {"train": (1, 279 * 128), "validation": (0, 27 * 128 + 1), "test": (1, 27 * 128)}
pairs = [dataset.get_sample(index, part=part) for part, indices in wanted.items() for index in indices]
np.savez(sys.argv[1], *(np.asarray(array) for pair in pairs for array in pair))
"""


@pytest.mark.slow
@needs_dival
def test_the_layout_is_that_of_the_peer_library(tmp_path):
    """dival reads the same values from the same folder of full size, with the first and last file of each part."""
    folder, home = tmp_path / "lodopab", tmp_path / "home"
    folder.mkdir()
    for part, last in (("train", 279), ("validation", 27), ("test", 27)):
        for number in (0, last):
            put(folder, part, number, 2, {"ground_truth": (362, 362), "observation": (1000, 513)})
    (home / ".dival").mkdir(parents=True)
    settings = {"lodopab_dataset": {"data_path": str(folder)}, "reference_params": {"data_path": str(home)}}
    (home / ".dival" / "config.json").write_text(json.dumps(settings))
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ_WITH_DIVAL, str(tmp_path / "read.npz")],
        env=os.environ | {"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
    )
    read = list(np.load(tmp_path / "read.npz").values())
    source = LodopabFolder(folder, 362, 1000, 513)
    # Two slices a file: train 0 and 279, validation 0 and 27, test 0 and 27.
    index = np.array([1, 2, 4, 7, 9, 10])
    np.testing.assert_array_equal(source.sinograms(index), np.stack(read[0::2]))
    np.testing.assert_array_equal(source.images(index), np.stack(read[1::2]))


NETWORK = '''
"""Stands in front of the network: an archive of one record whose files are tiny."""
import hashlib, io, os, zipfile
import requests

def packed(name):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name + "_000.hdf5", name)
    return data.getvalue()

FILES = {f"{kind}_{part}.zip": packed(f"{kind}_{part}")
         for kind in ("ground_truth", "observation") for part in ("train", "validation", "test")}

class Answer:
    def __init__(self, content=b""):
        self.content, self.headers = content, {"Content-Length": str(len(content))}
    def json(self):
        wrong = os.environ.get("PLANTED") == "checksum"
        return {"files": [{"key": name, "size": len(content), "links": {"self": name},
                "checksum": "md5:" + ("0" * 32 if wrong else hashlib.md5(content).hexdigest())}
                for name, content in FILES.items()]}
    def iter_content(self, chunk_size):
        yield self.content

def get(url, stream=False):
    return Answer(FILES.get(url, b""))

requests.get = get
'''


@pytest.fixture
def download(tmp_path, monkeypatch):
    """Download with dival's own code in its process, from this archive to a large disk; the home stays empty."""
    (tmp_path / "sitecustomize.py").write_text(NETWORK)
    (tmp_path / "user").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=10**12))
    yield lambda: download_lodopab(tmp_path / "data" / "lodopab")
    assert not list((tmp_path / "user").iterdir())


@pytest.mark.slow
@needs_dival
def test_the_peer_librarys_download_asks_nothing(tmp_path, download):
    """The standard input is closed, so that a question to the user would fail the download."""
    download()
    names = {f"{kind}_{part}_000.hdf5" for kind in SIZES for part in ("train", "validation", "test")}
    assert {path.name for path in (tmp_path / "data" / "lodopab").iterdir()} == names


@pytest.mark.slow
@needs_dival
def test_a_download_that_fails_is_said_to_have_failed(download, monkeypatch):
    """On a wrong checksum dival asks whether to try again, for ever; that question ends the download."""
    monkeypatch.setenv("PLANTED", "checksum")
    with pytest.raises(VspairError, match=r"could not be downloaded to .*EOFError: EOF when .*check the network"):
        download()


@pytest.mark.parametrize(
    ("dival", "message"),
    [
        (object(), r"needs 150 GB while it is unpacked, but the disk of .* has 149 GB free"),
        (None, r"dival.*is not installed: pip install 'vspair\[lodopab\]'"),
    ],
)
def test_a_disk_that_is_too_small_or_a_missing_dival_is_said_before_anything_is_fetched(
    tmp_path, monkeypatch, dival, message
):
    monkeypatch.setattr(lodopab, "find_spec", lambda name: dival)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=149 * 10**9))
    with pytest.raises(VspairError, match=message):
        download_lodopab(tmp_path)
