"""Patients in an HDF5 file: who is known, who is not, and strings of variable length past HDF5's own reader."""

import h5py
import numpy as np
import pytest

from vspair.data.groups import UNKNOWN
from vspair.data.heap import variable_strings
from vspair.data.patients import patients
from vspair.errors import VspairError


def codes(path, values, **options):
    with h5py.File(path / "a.h5", "w") as file:
        file.create_dataset("patient", data=values, **options)
    with h5py.File(path / "a.h5") as file:
        return patients(file, len(values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 3, 5, -1], [1, 0, 1, UNKNOWN]),
        ([-7, -1, -1, -2], 4 * [UNKNOWN]),
        (np.array([2**64 - 1, 0, 2, 0], np.uint64), [2, 0, 1, 0]),
        (np.array([4, 4, 2, 1], ">i2"), [2, 2, 1, 0]),
        ([1.0, np.nan, 7.0, -1.0], [0, UNKNOWN, 1, UNKNOWN]),
        ([b"P2", b"", b"P1 ", b"P1"], [1, UNKNOWN, 0, 0]),
        (["P2", "  ", "P\u00e4", "P2"], [0, UNKNOWN, 1, 0]),
        (["nan", "None", "-1", "Unknown"], 4 * [UNKNOWN]),
        ([b"N/A", b"\xff\xfe", b"pq", b"\xff\xfe"], [UNKNOWN, 0, 1, 0]),
    ],
)
def test_who_is_named_is_known_and_who_is_not_is_unknown(tmp_path, values, expected):
    """Negative numbers, NaN, blanks and words for nobody: as one known patient they would be taken for one person."""
    np.testing.assert_array_equal(codes(tmp_path, values), expected)


def test_the_fill_value_of_patients_names_nobody(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["patient"] = [999999, 1, 2]
        file["patient"].attrs["_FillValue"] = 999999
        np.testing.assert_array_equal(patients(file, 3), [UNKNOWN, 0, 1])


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        (
            [(1, 2.0), (1, 2.0)],
            [("a", "i4"), ("b", "f4")],
            r"is of type \[.*\] instead of integers or strings: give one",
        ),
        ([True, False], bool, "is of type bool instead of integers or strings"),
        ([1 + 2j, 0], complex, "is of type complex128 instead of"),
        ([0, 0], h5py.enum_dtype({"a": 0, "b": 1}), "is of type uint8 instead of"),
        ([1.5, 2.0], float, "has values such as 1.5 instead of whole numbers"),
        ([np.inf, 2.0], float, "has values such as inf instead of whole numbers"),
        ([[1], [2]], int, r"has shape \(2, 1\) instead of \(slices\): give one"),
        ([1, 2, 3], int, "names the patients of 3 slices, but `hu` has 2"),
        (["a", "b" * 1025], h5py.string_dtype(), "has a name of 1025 bytes where 1025 are stored and at most 1024"),
    ],
)
def test_patients_of_another_type_or_number_are_refused(tmp_path, values, dtype, message):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["patient"] = np.array(values, dtype)
    with h5py.File(tmp_path / "a.h5") as file, pytest.raises(VspairError, match=f"a.h5: `patient` {message}"):
        patients(file, 2)


@pytest.mark.parametrize("dtype", [h5py.ref_dtype, h5py.vlen_dtype(np.int32), np.dtype("V3")], ids=str)
def test_patients_of_types_that_are_no_values_are_refused(tmp_path, dtype):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("patient", (2,), dtype, fillvalue=None)
        if dtype.metadata and "vlen" in dtype.metadata:
            file["patient"][0] = [1, 2]
        elif dtype.metadata:
            file["patient"][0] = file.ref
        else:
            file["patient"][:] = np.zeros(2, dtype)
        with pytest.raises(VspairError, match=r"`patient` is of type .* instead of integers or strings"):
            patients(file, 2)


def test_a_link_that_leads_nowhere_is_not_taken_for_no_patients(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        np.testing.assert_array_equal(patients(file, 2), [UNKNOWN, UNKNOWN])
        file["patient"] = h5py.SoftLink("/lost")
        with pytest.raises(VspairError, match="has no dataset `patient`"):
            patients(file, 2)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("userblock", [0, 1024])
@pytest.mark.parametrize("chunks", [None, (7,), (500,)])
def test_strings_of_variable_length_are_those_of_the_library(tmp_path, libver, userblock, chunks):
    """Of several collections, some of them empty or not of ASCII."""
    names = [f"Käthe {number} " * (number % 9) for number in range(500)]
    with h5py.File(tmp_path / "a.h5", "w", libver=libver, userblock_size=userblock) as file:
        options = {"chunks": chunks, "maxshape": (None,)} if chunks else {}
        file.create_dataset("patient", data=names, dtype=h5py.string_dtype(), **options)
    with h5py.File(tmp_path / "a.h5") as file:
        assert variable_strings(file["patient"], tmp_path / "a.h5") == list(file["patient"][:])


@pytest.mark.parametrize(
    "damage",
    [
        lambda data, heap: data.__setitem__(slice(heap + 24, heap + 32), bytes(8)),
        lambda data, heap: data.__setitem__(slice(heap + 16, heap + 32), bytes(16)),
        lambda data, heap: data.__setitem__(slice(heap + 8, heap + 16), b"\xff" * 8),
        lambda data, heap: data.__setitem__(slice(heap, heap + 4), b"LOST"),
        lambda data, heap: data.__setitem__(slice(heap - 32, heap - 28), b"\xff" * 4),
    ],
    ids=["no size", "number 0", "endless collection", "no collection", "length of 4 GB"],
)
def test_a_damaged_heap_ends_in_a_sentence_or_the_right_names(tmp_path, damage):
    """The library walks an object of no size for ever, and asks for four gigabytes on a length of that."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["patient"] = ["p1", "p2"]
    data = bytearray(path.read_bytes())
    damage(data, data.index(b"GCOL"))
    path.write_bytes(data)
    with h5py.File(path) as file:
        try:
            assert variable_strings(file["patient"], path) == [b"p1", b"p2"]
        except VspairError as error:
            assert "`patient` has a name of" in str(error)


def test_compressed_strings_of_variable_length_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("patient", data=["a", "b"], dtype=h5py.string_dtype(), compression="gzip")
        with pytest.raises(VspairError, match="write them uncompressed, or as strings of fixed length"):
            patients(file, 2)
