"""Crates that were made to harm: one sentence each, little memory, and nothing left behind."""

import hashlib
import json
import os
import stat
import struct
import tracemalloc
import zipfile

import pytest

from vspair.errors import VspairError
from vspair.provenance.crate import restore
from vspair.provenance.crate.contents import colliding, safe

METADATA = "ro-crate-metadata.json"
TABLE = "results/demo/tables/table1.csv"
LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


@pytest.fixture
def refused(tmp_path):
    """Whether a crate is refused with this sentence, on one line, in little memory, and with nothing written."""

    def refused(crate, sentence, memory=100e6):
        target = tmp_path / "restored" / "demo"
        tracemalloc.start()
        with pytest.raises(VspairError, match=sentence) as caught:
            restore(crate, target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        message = str(caught.value)
        assert message.isprintable(), ascii(message)
        assert peak < memory, f"{peak / 1e6:.0f} MB"
        assert not target.parent.exists() or list(target.parent.iterdir()) == []

    return refused


@pytest.fixture
def crate(crates):
    return crates.export("crate.zip")


@pytest.fixture
def with_metadata(crate, tmp_path):
    """A copy of the crate with other metadata, and perhaps more files."""

    def changed(change, more=()):
        path = tmp_path / "changed.zip"
        with zipfile.ZipFile(crate) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for info in old.infolist():
                content = old.read(info)
                new.writestr(info.filename, change(content) if info.filename == METADATA else content)
            for name, content in more:
                new.writestr(name, content)
        return path

    return changed


def listing(*names, content=b"x"):
    """A change of the metadata that lists more files."""
    facts = {"@type": "File", "contentSize": str(len(content)), "sha256": hashlib.sha256(content).hexdigest()}

    def change(text):
        document = json.loads(text)
        document["@graph"] += [{"@id": name, **facts} for name in names]
        return json.dumps(document)

    return change, [(name, content) for name in names]


def patched(crate, path, marker, name, offset, form, value):
    """A copy of a ZIP file with a field of a file's local (PK34) or central (PK12) header changed."""
    data = bytearray(crate.read_bytes())
    at = data.find(name.encode())
    length = 30 if marker == LOCAL else 46
    while data[at - length : at - length + 4] != marker:
        at = data.find(name.encode(), at + 1)
        assert at > 0
    struct.pack_into(form, data, at - length + offset, value)
    path.write_bytes(data)
    return path


# Marker of the header, and offset, form and value of each field of it that is changed, the name last.
HEADERS = {
    "a name that is no UTF-8": (CENTRAL, [(8, "<H", 0x800), (46, "B", 0xFF)]),
    "a name of the file itself that is no UTF-8": (LOCAL, [(6, "<H", 0x800), (30, "B", 0xFF)]),
    "a later version of ZIP": (CENTRAL, [(6, "<H", 99)]),
    "an unknown compression": (CENTRAL, [(10, "<H", 99)]),
    "encrypted": (CENTRAL, [(8, "<H", 1)]),
    "a NUL in its name": (CENTRAL, [(50, "B", 0)]),
    "no place": (CENTRAL, [(42, "<L", 0xFFFFFF0)]),
    "a size that is not its own": (CENTRAL, [(24, "<L", 5)]),
    "no size of the packed content": (CENTRAL, [(20, "<L", 0)]),
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_with_a_lie(crate, tmp_path, refused, header):
    marker, fields = HEADERS[header]
    path = crate
    for field in fields:
        path = patched(path, tmp_path / "a.zip", marker, TABLE, *field)
    refused(path, r"^expected ")


@pytest.mark.parametrize("bits", range(0, 46, 2))
def test_any_field_of_a_header_may_be_garbage(crate, tmp_path, bits):
    """A sentence, or the right result where the field says nothing."""
    path = patched(crate, tmp_path / "a.zip", CENTRAL, TABLE, bits, "<H", 0xABCD)
    target = tmp_path / "restored"
    try:
        restore(path, target)
    except VspairError as error:
        assert str(error).isprintable()
        assert not target.exists()


def test_no_name(crate, tmp_path, refused):
    path = tmp_path / "a.zip"
    path.write_bytes(crate.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"x")
    refused(path, "found that '' is no name")


NAMES = {
    "too long a name": "results/demo/" + "a" * 252 + ".csv",
    "too long a path": "results/demo/" + "a" * 100 + ("/" + "b" * 100) * 10,
    "too long in UTF-8": "results/demo/" + "\u00e4" * 128,
    "a device": "results/demo/aux.csv",
    "a device in capitals": "results/demo/COM1",
    "a dot at its end": "results/demo/table.",
    "a space at its end": "results/demo/tables /a.csv",
    "a terminal's escape": "results/demo/\x1b[2J.csv",
    "a line of its own": "results/demo/a\nevery link is still true",
    "from right to left": "results/demo/\u202egpj.csv",
    "up": "results/demo/../../a.csv",
    "from the root": "/tmp/a.csv",
    "a backslash": "results\\demo\\a.csv",
    "hidden": "results/demo/.a",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_not_every_system_knows(with_metadata, refused, name):
    assert not safe(NAMES[name])
    refused(with_metadata(*listing(NAMES[name])), "expected plain names inside the crate")


COLLIDING = {
    "in case": ["results/demo/tables/TABLE1.csv"],
    "in the case of a folder": ["results/demo/Tables/more.csv"],
    "in the way an accent is written": ["results/demo/\u00e4.csv", "results/demo/a\u0308.csv"],
    "as file and folder": [TABLE + "/more.csv"],
}


@pytest.mark.parametrize("names", COLLIDING)
def test_names_that_are_one_file_on_some_systems(with_metadata, refused, names):
    refused(with_metadata(*listing(*COLLIDING[names])), "expected names in .* that differ on every system")


def test_names_of_a_run_do_not_collide():
    assert colliding(["a/b", "a/c", "ab", "b"]) is None
    assert colliding(["a/B", "a/b"]) == ("a/B", "a/b")


def test_two_entities_of_one_identifier(with_metadata, refused):
    change, _ = listing(TABLE)
    refused(with_metadata(change), f"expected one entity of each @id in .*, found '{TABLE}' twice")


def test_two_ways_to_write_one_name(with_metadata, refused):
    change, _ = listing(TABLE.replace("table1", "t%61ble1"))
    refused(with_metadata(change), f"expected each file once in .*, found {TABLE} twice")


@pytest.mark.parametrize("entity", ["{}", '{"@id": 3}', '{"@id": null}', '{"@id": ["a"]}'])
def test_an_entity_without_an_identifier(with_metadata, refused, entity):
    refused(with_metadata(lambda text: text.replace(b'"@graph": [', b'"@graph": [' + entity.encode() + b",")), "as one")


METADATA_BOMBS = {
    "empty objects": b"{}," * 5_000_000 + b"{}",
    "empty lists": b"[]," * 5_000_000 + b"[]",
    "numbers": b"1.5," * 20_000_000 + b"1",
    "deep": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a long number": b"9" * 5_000_000,
}


@pytest.mark.parametrize("bomb", METADATA_BOMBS)
def test_metadata_that_would_fill_the_memory(with_metadata, refused, bomb):
    crate = with_metadata(lambda text: b'{"@graph": [' + METADATA_BOMBS[bomb] + b"]}")
    refused(crate, r"^expected ", memory=500e6)


def test_a_directory_of_millions_of_files_is_not_read(tmp_path, refused):
    """Of one entry, repeated; written by hand, for the library takes long."""
    entry = struct.pack("<4s6H3L5H2L", CENTRAL, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 0, 0)
    (tmp_path / "a.zip").write_bytes(entry * count + end)
    refused(tmp_path / "a.zip", "expected a directory of at most 16777216 bytes in the crate .*, found 47000000")
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(entry) * count, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(entry) * count, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    (tmp_path / "b.zip").write_bytes(entry * count + wide + locator + end)
    refused(tmp_path / "b.zip", "expected a directory of at most 16777216 bytes in the crate .*, found 47000000")


def test_too_many_files(crate, crates, refused, monkeypatch):
    monkeypatch.setattr("vspair.provenance.crate.packages.MOST_FILES", 5)
    refused(crate, "expected at most 5 files in the crate .*, found more")
    refused(crates.export("folder"), "expected at most 5 files in the crate .*, found more")


def test_a_source_larger_than_any(with_metadata, refused, monkeypatch):
    monkeypatch.setattr("vspair.provenance.crate.restoring._LARGEST_SOURCE", 100_000)
    refused(with_metadata(*listing("vspair/zeros.py", content=bytes(10**6))), "bytes beside the run folder in")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_what_is_no_plain_file(with_metadata, refused, kind):
    info = zipfile.ZipInfo("results/demo/\x1b[31m.csv")
    info.external_attr, info.create_system = (kind | 0o777) << 16, 3
    refused(
        with_metadata(bytes, [(info, "/etc/passwd")]), r"found that 'results/demo/.x1b\[31m.csv' is (a link|no plain)"
    )


def test_a_pipe_does_not_block(tmp_path, refused, crates):
    os.mkfifo(tmp_path / "pipe.zip")
    refused(tmp_path / "pipe.zip", "no plain file")
    folder = crates.export("folder")
    os.mkfifo(folder / "pipe")
    refused(folder, "'pipe' is no plain file")


def test_names_of_a_folder_that_are_no_utf8(crates, refused):
    folder = crates.export("folder")
    (folder / os.fsdecode(b"results/demo/\xff.csv")).write_text("x")
    refused(folder, "expected only files that .* lists, found 'results/demo/.udcff.csv'")


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("results/demo/../../x", "0" * 64),
        ("results/demo/\x1b[2J", "0" * 64),
        ("elsewhere/x", "0" * 64),
        ("results/demo/x", "none"),
        ("results/demo/", "0" * 64),
        (["a"], "0" * 64),
    ],
)
def test_what_is_said_to_be_left_out(with_metadata, refused, name, sha256):
    def change(text):
        document = json.loads(text)
        document["@graph"].append({"@id": "#left-out/x", "@type": "File2", "name": name, "sha256": sha256})
        return json.dumps(document)

    refused(with_metadata(change), "expected once a plain name in the run folder and a SHA-256 of each file")
