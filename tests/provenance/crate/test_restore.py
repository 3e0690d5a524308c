"""What comes back from a crate: the same bytes, or one sentence and nothing."""

import hashlib
import json
import shutil
import stat
import struct
import zipfile

import pytest

from vspair.errors import VspairError
from vspair.provenance.audit import audit
from vspair.provenance.crate import export, restore
from vspair.provenance.crate.contents import safe

TABLE = "results/demo/tables/table1.csv"


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rewritten(crate, path, change=lambda name, content: content, more=()):
    """A copy of a ZIP file with its files changed (None: without that file) and more of them."""
    with zipfile.ZipFile(crate) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in more:
            new.writestr(name, content)
    return path


def refused(crate, folder, sentence):
    with pytest.raises(VspairError, match=sentence):
        restore(crate, folder)
    assert not folder.exists()
    if folder.parent.exists():
        assert [path for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}")] == []


@pytest.fixture
def target(tmp_path):
    return tmp_path / "restored" / "demo"


@pytest.mark.parametrize("name", ["crate", "crate.zip"])
def test_round_trip(crates, target, name):
    """The run folder comes back byte by byte, and the audit says of it what it says of the original."""
    crate = crates.export(name)
    done = restore(crate, target)
    original = contents(crates.project.run)
    kept = {key for key in original if not key.startswith((".", "logs/")) and "checkpoint" not in key}
    assert contents(target) == {key: original[key] for key in kept}
    assert (done.files, done.left_out) == (len(kept), [])
    assert done.size == sum(len(original[key]) for key in kept)
    assert audit(target, crates.project.root) == audit(crates.project.run, crates.project.root) == []


def test_the_unpacked_crate_is_a_project_that_can_be_audited(crates, tmp_path):
    """A stranger who has only the crate: code, workflow and run lie in it as in the project."""
    with zipfile.ZipFile(crates.export("crate.zip")) as archive:
        archive.extractall(tmp_path / "stranger")
    shutil.rmtree(crates.project.root)
    assert audit(tmp_path / "stranger/results/demo", tmp_path / "stranger") == []


def test_what_was_left_out_is_known_by_its_checksum(crates, target):
    """The audit still follows the chain through it, and sees when a receipt says otherwise."""
    done = restore(crates.export("crate.zip", without=["model.txt"]), target)
    assert done.left_out == ["models/0/model.txt", "models/1/model.txt"]
    assert not (target / "models/0/model.txt").exists()
    # The tiny project has no ledger, and a crate that left files out is a bundle, which wants one.
    words = {(finding.file, finding.word) for finding in audit(target, crates.project.root)}
    assert words == {("tables/table1.csv", "unvouched")}
    (target / "models/0/model.txt").write_text("another")
    found = {(finding.file, finding.word) for finding in audit(target, crates.project.root)}
    assert found - words == {("models/0/model.txt", "edited")}


def test_a_bundle_goes_there_and_back(crates, target):
    bundle = target.with_name("bundle")
    restore(crates.export("one.zip", without=["model.txt"]), bundle)
    with pytest.raises(VspairError, match="found the bundle"):
        export(bundle, target.with_name("two.zip"), crates.project.root, [], ["*.csv"])
    export(bundle, target.with_name("two.zip"), crates.project.root, [])
    restore(target.with_name("two.zip"), target)
    assert contents(target) == contents(bundle)


@pytest.mark.parametrize("name", [TABLE, "results/demo/tables/table1.receipt.json", "vspair/numbers.py"])
@pytest.mark.parametrize("new", [b"other", None])
def test_edited_file(crates, target, tmp_path, name, new):
    """Of another size, or of the same; in the run or in the source."""
    crate = crates.export("crate.zip")
    edited = rewritten(
        crate,
        tmp_path / "edited.zip",
        lambda key, content: (new or content.replace(b"e", b"a", 1)) if key == name else content,
    )
    refused(edited, target, f"{name} in .*: it was edited")


def test_edited_file_in_a_folder(crates, target):
    crate = crates.export()
    text = (crate / TABLE).read_text()
    (crate / TABLE).write_text(text.replace("1.5", "1.4"))
    refused(crate, target, f"{TABLE} in .*: it was edited")


def test_metadata_rewritten_alike_are_left_to_the_audit(crates, target, edit, entities):
    """What the checksums of a crate cannot see, the receipts do."""
    crate = crates.export()
    text = (crate / TABLE).read_text().replace("1.5", "1.4")
    (crate / TABLE).write_text(text)
    edit(crate, lambda found, _: found[TABLE].update(sha256=hashlib.sha256(text.encode()).hexdigest()))
    restore(crate, target)
    assert ("tables/table1.csv", "edited") in {(item.file, item.word) for item in audit(target, crates.project.root)}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "/tmp/evil.csv",
        "results/demo/../../../evil.csv",
        "C:/evil.csv",
        "results\\evil.csv",
        "results/demo/.checksums.json",
    ],
)
def test_names_that_leave_the_folder(crates, target, tmp_path, edit, name):
    """Whether the metadata list such a name or only the archive holds it; also a forged memory of checksums."""
    crate = crates.export("crate.zip")
    refused(rewritten(crate, tmp_path / "a.zip", more=[(name, "x")]), target, "expected only files")
    facts = {"@id": name, "@type": "File", "contentSize": "1", "sha256": hashlib.sha256(b"x").hexdigest()}

    def listed(key, content):
        if key != "ro-crate-metadata.json":
            return content
        document = json.loads(content)
        document["@graph"].append(facts)
        return json.dumps(document)

    refused(rewritten(crate, tmp_path / "b.zip", listed, [(name, "x")]), target, "plain names inside the crate")
    assert not (tmp_path / "evil.csv").exists()


def test_only_names_inside_are_safe():
    assert all(map(safe, ["a", "a/b.csv", "models.x=1,y=2/a b.csv"]))
    assert not any(
        map(safe, ["", ".", "..", "a/..", "../a", "/a", "a//b", "./a", "a/", "a\\b", "c:a", "a\0b", ".a", "a/.b/c"])
    )


def test_links(crates, target, tmp_path):
    link = zipfile.ZipInfo("results/demo/link.csv")
    link.external_attr, link.create_system = (stat.S_IFLNK | 0o777) << 16, 3
    crate = rewritten(crates.export("crate.zip"), tmp_path / "link.zip", more=[(link, "/etc/passwd")])
    refused(crate, target, r"link\.csv' is a link")
    folder = crates.export()
    (folder / TABLE).unlink()
    (folder / TABLE).symlink_to("/etc/passwd")
    refused(folder, target, r"table1\.csv' is a link")


def test_files_that_are_not_listed_or_not_there(crates, target, tmp_path):
    crate = crates.export("crate.zip")
    refused(rewritten(crate, tmp_path / "a.zip", more=[("results/demo/more.csv", "x")]), target, "more.csv")
    fewer = rewritten(crate, tmp_path / "b.zip", lambda name, content: None if name == TABLE else content)
    refused(fewer, target, f"the listed file {TABLE}")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = rewritten(crate, tmp_path / "c.zip", more=[(TABLE, "x")])
    refused(twice, target, "there twice")


def test_a_bomb_is_not_unpacked(crates, target, tmp_path, monkeypatch):
    """Sizes are compared before anything is unpacked, and an archive that lies about them is found out in reading."""
    crate = crates.export("crate.zip")
    zeros = bytes(50_000_000)
    swollen = rewritten(crate, tmp_path / "a.zip", lambda name, content: zeros if name == TABLE else content)
    assert swollen.stat().st_size < 1_000_000
    with monkeypatch.context() as context:
        context.setattr("vspair.provenance.crate.restoring._copy", None)
        refused(swollen, target, f"bytes of {TABLE}")
    # The central directory says the size that the metadata list.
    with zipfile.ZipFile(crate) as archive:
        size = archive.getinfo(TABLE).file_size
    data = swollen.read_bytes()
    assert data.count(struct.pack("<L", len(zeros))) == 2
    (tmp_path / "b.zip").write_bytes(data.replace(struct.pack("<L", len(zeros)), struct.pack("<L", size)))
    refused(tmp_path / "b.zip", target, f"{TABLE} in")


def test_damaged_archives(crates, target, tmp_path):
    data = crates.export("crate.zip").read_bytes()
    for name, content in (("cut.zip", data[: len(data) // 2]), ("text.zip", b"no archive"), ("empty.zip", b"")):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, target, "a folder or a ZIP file")
    refused(tmp_path / "none.zip", target, "No such file")
    # One bit of a file's packed content.
    with zipfile.ZipFile(tmp_path / "crates/crate.zip") as archive:
        start = archive.getinfo(TABLE).header_offset + 30 + len(TABLE)
    (tmp_path / "bit.zip").write_bytes(data[:start] + bytes([data[start] ^ 4]) + data[start + 1 :])
    refused(tmp_path / "bit.zip", target, f"{TABLE} in")


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (lambda found, document: document.pop("@graph"), "expected JSON-LD"),
        (lambda found, document: document.update({"@graph": {"a": 1}}), "list of entities"),
        (lambda found, document: found[TABLE].pop("sha256"), "size and SHA-256"),
        (lambda found, document: found[TABLE].update(contentSize="-1"), "size and SHA-256"),
        (lambda found, document: document["@graph"].remove(found["results/demo/"]), "one run folder"),
    ],
)
def test_damaged_metadata(crates, target, edit, action, sentence):
    crate = crates.export()
    edit(crate, action)
    refused(crate, target, sentence)


def test_no_crate(target, tmp_path):
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", target, "expected ro-crate-metadata.json")


def test_a_folder_in_use_is_left_alone(crates, target):
    crate = crates.export("crate.zip")
    target.mkdir(parents=True)
    (target / "mine.txt").write_text("mine")
    with pytest.raises(VspairError, match="found it in use"):
        restore(crate, target)
    assert contents(target) == {"mine.txt": b"mine"}
    (target / "mine.txt").unlink()
    assert restore(crate, target).files == len(contents(target)) > 0


def test_full_disk(crates, target, request):
    crate = crates.export("crate.zip")
    request.getfixturevalue("no_space")
    refused(crate, target, "free disk space")
