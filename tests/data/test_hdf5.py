"""HDF5 files that others wrote: whatever is wrong with one is one true sentence, and what is right is read."""

import errno
import fcntl
import os
import random
import resource
import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from vspair.data.groups import UNKNOWN
from vspair.data.hounsfield import HounsfieldFile
from vspair.data.units import attenuation
from vspair.errors import VspairError

PIXELS, SLICES = 16, 12


def body(slices=SLICES, seed=0):
    """A disc of soft tissue in air, with noise: what a scanner may write."""
    y, x = np.mgrid[:PIXELS, :PIXELS] - PIXELS / 2
    disc = np.where(x**2 + y**2 < 40, 40, -1000)
    return (disc + np.random.default_rng(seed).integers(-20, 20, (slices, PIXELS, PIXELS))).astype(np.int16)


def written(path, libver="earliest", **dataset):
    """A file of slices, each in a compressed chunk with a checksum; keywords change how they are written."""
    given = {"chunks": (1, PIXELS, PIXELS), "compression": "gzip", "shuffle": True, "fletcher32": True, "data": body()}
    with h5py.File(path, "w", libver=libver) as file:
        file.create_dataset("hu", **given | dataset)
    return path


def read(path):
    source = HounsfieldFile(path, PIXELS)
    return source.images(np.arange(len(source)))


def refused(path, *words):
    """Say what is said about a file, which must name it and be one sentence."""
    with pytest.raises(VspairError) as caught:
        read(path)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    for word in words:
        assert word in text, text


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("chunks", [(1, 16, 16), (5, 16, 16), (1, 5, 7), None])
@pytest.mark.parametrize("userblock", [0, 1024])
def test_every_way_to_store_slices_is_read(tmp_path, libver, chunks, userblock):
    """Chunks that do not divide the shape, none at all, and a block of the user's in front."""
    with h5py.File(tmp_path / "a.h5", "w", libver=libver, userblock_size=userblock) as file:
        file.create_dataset("hu", data=body(), chunks=chunks)
        file["patient"] = [f"patient {number // 3}" for number in range(SLICES)]
    source = HounsfieldFile(tmp_path / "a.h5", PIXELS)
    np.testing.assert_array_equal(source.images(np.arange(SLICES)), attenuation(body()))
    np.testing.assert_array_equal(source.patients, np.arange(SLICES) // 3)


def test_links_are_followed_inside_the_file_and_to_it(tmp_path):
    path = written(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.create_group("deep/er")
        file.move("hu", "deep/er/slices")
        file["way"] = h5py.SoftLink("deep/er")
        file["hu"] = h5py.SoftLink("/way/./slices")
    (tmp_path / "link.h5").symlink_to(path)
    np.testing.assert_array_equal(read(tmp_path / "link.h5"), attenuation(body()))


def external(file, folder):
    written(folder / "other.h5")
    file["hu"] = h5py.ExternalLink("other.h5", "hu")


def external_by_a_detour(file, folder):
    written(folder / "other.h5")
    file["far"] = h5py.ExternalLink("other.h5", "/")
    file["hu"] = h5py.SoftLink("/far/hu")


def circle(file, folder):
    file["hu"], file["there"] = h5py.SoftLink("/there"), h5py.SoftLink("/hu")


def own_circle(file, folder):
    file["hu"] = h5py.SoftLink("/hu")


def nowhere(file, folder):
    file["hu"] = h5py.SoftLink("/nothing")


def virtual(file, folder):
    layout = h5py.VirtualLayout((SLICES, PIXELS, PIXELS), np.int16)
    layout[:] = h5py.VirtualSource(written(folder / "other.h5"), "hu", (SLICES, PIXELS, PIXELS))
    file.create_virtual_dataset("hu", layout)


def virtual_without_its_source(file, folder):
    virtual(file, folder)
    (folder / "other.h5").unlink()


def kept_outside(file, folder):
    file.create_dataset("hu", data=body(), external=[(str(folder / "raw"), 0, h5py.h5f.UNLIMITED)])


def stopped(file, folder):
    hu = file.create_dataset("hu", (SLICES, PIXELS, PIXELS), np.int16, chunks=(1, PIXELS, PIXELS), compression="gzip")
    hu[:7], hu[9] = body()[:7], body()[9]


def stopped_inside_a_slice(file, folder):
    hu = file.create_dataset("hu", (SLICES, PIXELS, PIXELS), np.int16, chunks=(2, 8, 8))
    hu[:6], hu[6:8, :8] = body()[:6], body()[6:8, :8]


def never_begun(file, folder):
    file.create_dataset("hu", (SLICES, PIXELS, PIXELS), np.int16)


def endless(file, folder):
    file.create_dataset("hu", (2**40, PIXELS, PIXELS), np.int16, chunks=(1, PIXELS, PIXELS))[:5] = body()[:5]


def endless_patients(file, folder):
    file["hu"] = body()
    file.create_dataset("patient", (2**40,), np.int64, chunks=(1024,))[:SLICES] = 1


def large_chunks(file, folder):
    file.create_dataset("hu", body().shape, np.int16, chunks=(2**22, 16, 16), maxshape=(None, 16, 16))


def twice_compressed(file, folder):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((1, PIXELS, PIXELS))
    properties.set_deflate(4)
    properties.set_deflate(4)
    space = h5py.h5s.create_simple((SLICES, PIXELS, PIXELS))
    made = h5py.h5d.create(file.id, b"hu", h5py.h5t.NATIVE_INT16, space, properties)
    h5py.Dataset(made)[:] = body()


def not_an_array(file, folder):
    file.create_group("hu")


def of_text(file, folder):
    file["hu"] = np.full((SLICES, PIXELS, PIXELS), b"1")


def of_references(file, folder):
    file.create_dataset("hu", (SLICES, PIXELS, PIXELS), h5py.ref_dtype)[:] = file.ref


def of_labels(file, folder):
    labels = h5py.enum_dtype({"air": -1000, "water": 0}, basetype="i2")
    file.create_dataset("hu", data=np.full((SLICES, PIXELS, PIXELS), -1000), dtype=labels)


LAYOUTS = {
    external: ("lies in another file, other.h5", "copy the dataset into the file itself"),
    external_by_a_detour: ("lies in another file, other.h5",),
    circle: ("the link `hu` leads in a circle",),
    own_circle: ("the link `hu` leads in a circle",),
    nowhere: ("has no dataset `hu`",),
    virtual: ("`hu` is virtual", "write the values into the file itself"),
    virtual_without_its_source: ("`hu` is virtual",),
    kept_outside: ("`hu` is kept in external files",),
    stopped: ("4 of its 12 slices were never written (7, 8, 10, ...; from 0)", "would be read as 0"),
    stopped_inside_a_slice: ("6 of its 12 slices were never written (6, 7, 8, ...; from 0)",),
    never_begun: ("12 of its 12 slices were never written (0, 1, 2, ...; from 0)",),
    endless: ("1099511627771 of its 1099511627776 slices were never written (5, 6, 7, ...; from 0)",),
    endless_patients: ("`patient`", "were never written"),
    large_chunks: ("chunks of (4194304, 16, 16) values, 2.15e+09 bytes", "smaller ones"),
    twice_compressed: ("compressed by filter 1", "twice"),
    not_an_array: ("has no dataset `hu` (it has: hu)",),
    of_text: ("`hu` is of type |S1 instead of an integer type",),
    of_references: ("`hu` is of type object instead of an integer type",),
    of_labels: ("`hu` is of type enumeration instead of an integer type",),
}


@pytest.mark.parametrize("make", LAYOUTS, ids=lambda make: make.__name__)
def test_content_that_is_not_all_in_the_file_is_refused(tmp_path, make):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file, tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(tmp_path / "a.h5", *LAYOUTS[make])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_filter_that_is_missing_is_named_with_what_to_do(tmp_path):
    """The number of gzip replaced by that of Blosc in the file's bytes, eight before the filter's name."""
    path = written(tmp_path / "a.h5", shuffle=False, fletcher32=False)
    content = path.read_bytes()
    at = content.index(b"deflate\0") - 8
    path.write_bytes(content[:at] + (32001).to_bytes(2, "little") + content[at + 2 :])
    refused(path, "compressed by filter 32001 (Blosc), which this installation of HDF5 lacks", "h5repack -f GZIP=4")


def test_a_file_that_is_being_written_is_not_called_damaged(tmp_path):
    path = written(tmp_path / "a.h5")
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        refused(path, "another program has it open for writing: wait")
    np.testing.assert_array_equal(read(path), attenuation(body()))
    with h5py.File(path, "w", libver="latest") as file:
        file["hu"] = body()
        file.swmr_mode = True
        shutil.copy(path, tmp_path / "copy.h5")
    refused(tmp_path / "copy.h5", "it is still being written, or its writer was stopped", "h5clear -s")


def test_a_file_system_without_locks_is_said_to_be_one(tmp_path, monkeypatch):
    def locked(*arguments, **options):
        raise OSError(errno.ENOSYS, "Unable to open file (unable to lock file, errno = 38)")

    monkeypatch.setattr(h5py, "File", locked)
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    refused(tmp_path / "a.h5", "its file system locks no files: set HDF5_USE_FILE_LOCKING=FALSE")


def test_a_newer_format_is_not_called_truncated(tmp_path):
    path = written(tmp_path / "a.h5")
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\x09" + content[9:])
    refused(path, "it is of a version of HDF5 that this one", "update h5py")


def a_folder(path):
    path.mkdir()


def a_dangling_link(path):
    path.symlink_to("lost.h5")


def a_link_to_itself(path):
    path.symlink_to(path.name)


PLACES = {
    a_folder: "is a folder instead of a file",
    a_dangling_link: "is a symbolic link to lost.h5, where nothing is",
    a_link_to_itself: "cannot be read (Too many levels of symbolic links)",
    os.mkfifo: "is a pipe, socket or device instead of a file",
    (lambda path: path.write_bytes(b"")): "(it is empty, 0 bytes): it is truncated; fetch it again",
    (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n")): "run `git lfs pull`",
    (lambda path: path.write_text("\n<!DOCTYPE html>")): "it is a web page or XML): fetch the file itself",
    (lambda path: path.write_bytes(b"PK\3\4...")): "it is a zip archive): unpack it",
    (lambda path: path.write_bytes(b"CDF\2...")): "it is netCDF of the classic format",
    (lambda path: path.write_bytes(b"\x93NUMPY")): r"it begins with b'\x93NUMPY'",
}


@pytest.mark.parametrize("make", PLACES, ids=PLACES.values())
def test_what_is_no_file_of_hdf5_is_called_what_it_is(tmp_path, make):
    make(tmp_path / "a.h5")
    refused(tmp_path / "a.h5", PLACES[make])


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path, monkeypatch):
    def forbidden(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    path = written(tmp_path / "a.h5")
    monkeypatch.setattr(Path, "open", forbidden)
    refused(path, "may not be read by this user (permission denied)")


def test_what_a_file_calls_its_datasets_is_shown_escaped(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["\x1b[2Jclean\u202e"] = body()
    refused(tmp_path / "a.h5", r"(it has: \x1b[2Jclean\u202e)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("scale_factor", 0.5), ("add_offset", -1024), ("slope", 2), ("intercept", np.int16(-1024)), ("slope", "1")),
        *(("RescaleSlope", 0.0), ("RescaleIntercept", [0, -1024]), ("rescale_intercept", np.nan)),
        *(("_FillValue", 0), ("missing_value", -900), ("PixelPaddingValue", [3000])),
    ],
)
def test_values_that_are_not_the_stored_ones_are_refused(tmp_path, name, value):
    path = written(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["hu"].attrs[name] = value
    refused(path, f"`hu` has the attribute {name}, ", "remove the attribute")


def test_a_scale_of_the_whole_file_is_refused_too(tmp_path):
    path = written(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.attrs["rescale_intercept"] = -1024
    refused(path, "has the attribute rescale_intercept, -1024.0")
    with h5py.File(path, "a") as file:
        del file.attrs["rescale_intercept"]
        file["slope"] = np.ones(SLICES)
    refused(path, "has `slope` beside the slices, which is not applied")


def test_neutral_attributes_and_fill_values_that_are_air_or_refused_anyway_are_no_fault(tmp_path):
    path = written(tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file["hu"].attrs.update({"scale_factor": 1.0, "RescaleIntercept": 0, "_FillValue": -32768, "units": "HU"})
        file["hu"].attrs["missing_value"] = np.int16(-2000)
        file.attrs["note"] = "of one scanner"
    np.testing.assert_array_equal(read(path), attenuation(body()))


def mutated(content, generator):
    """Bytes of a file with one to four faults: bits, numbers and ranges, cut, moved and put in."""
    data = bytearray(content)
    for _ in range(generator.choice([1, 1, 1, 2, 4])):
        # Half of them where headers lie.
        at = generator.randrange(generator.choice([len(data), min(2500, len(data))]))
        size, other = generator.randrange(1, 64), generator.randrange(len(data))
        match generator.randrange(7):
            case 0:
                data[at] ^= 1 << generator.randrange(8)
            case 1:
                number = generator.choice([0, 1, 2**64 - 1, 2**63, 2**40, generator.randrange(2**64), other])
                data[at : at + 8] = number.to_bytes(8, "little")
            case 2:
                data[at : at + 4] = generator.choice([0, 2**32 - 1, other]).to_bytes(4, "little")
            case 3:
                data[at : at + size] = bytes(size)
            case 4:
                data[at : at + size] = data[other : other + size]
            case 5:
                data[at:at] = generator.randbytes(size)
            case 6:
                del data[max(at, 1) :]
    return bytes(data)


# Seed 21 makes HDF5 read a checksum in front of a chunk of no bytes, and crash, where chunks are not looked at before.
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_mutations_end_in_a_sentence_or_in_the_right_slices(tmp_path, libver):
    """Of 60 damaged files of each format none may crash, hang, fill the memory, raise anything else or be misread.

    Slices and patients are checksummed in the file, so that a wrong value is a fault of the reader; a dataset whose
    name alone was damaged is not there, and its patients are unknown.
    """
    path = written(tmp_path / "whole.h5", libver)
    patients = np.arange(SLICES) // 3
    with h5py.File(path, "a", libver=libver) as file:
        file.create_dataset("patient", data=patients, chunks=(4,), compression="gzip", fletcher32=True)
    content, right, before = path.read_bytes(), attenuation(body()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = {"right": 0, "refused": 0}
    for seed in range(60):
        damaged = tmp_path / f"{seed}.h5"
        damaged.write_bytes(mutated(content, random.Random(seed)))
        begun = time.monotonic()
        try:
            source = HounsfieldFile(damaged, PIXELS)
            np.testing.assert_array_equal(source.images(np.arange(SLICES)), right, err_msg=str(seed))
            assert (source.patients == patients).all() or (source.patients == UNKNOWN).all(), seed
            outcomes["right"] += 1
        except VspairError as error:
            assert str(damaged) in str(error)
            outcomes["refused"] += 1
        assert time.monotonic() - begun < 5, seed
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
    assert min(outcomes.values()) > 5, outcomes
