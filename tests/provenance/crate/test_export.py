import hashlib
import json
import os
import shutil
import zipfile
from collections import Counter
from urllib.parse import unquote

import pytest

from vspair.errors import VspairError
from vspair.provenance.audit.findings import Finding
from vspair.provenance.crate import export

# Entities of the world outside, which RO-Crate allows to name without describing them.
OUTSIDE = {
    "https://w3id.org/ro/crate/1.1",
    "https://doi.org/10.1093/bioinformatics/bts480",
    "https://snakemake.readthedocs.io",
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def references(value):
    if isinstance(value, dict):
        yield value["@id"]
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_there_with_its_own_checksum(crates, entities):
    """Catches a file that is forgotten, altered, or listed with another's checksum or size."""
    crate = crates.export()
    run = crates.project.run
    wanted = {
        f"results/demo/{name}"
        for name in files_in(run)
        if not name.startswith((".", "logs/")) and not name.endswith("checkpoint.safetensors")
    }
    sources = {
        "vspair/__init__.py",
        "vspair/provenance/__init__.py",
        "vspair/numbers.py",
        "scripts/train.py",
        "scripts/table.py",
    }
    sources |= {"envs/constraints.txt", "LICENSE", "CITATION.cff", "README.md", "workflow/Snakefile"}
    sources |= {"workflow/rules/tiny.smk", "docs/evidence.md"}
    assert files_in(crate) == wanted | sources | {"ro-crate-metadata.json"}
    assert {"results/demo/tables/table1.csv", "results/demo/tables/table1.receipt.json"} <= wanted
    listed = {unquote(key): value for key, value in entities(crate).items() if "File" in as_list(value["@type"])}
    assert set(listed) == wanted | sources
    for name, entity in listed.items():
        content = (crates.project.root / name).read_bytes()
        assert (crate / name).read_bytes() == content
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))


def test_every_reference_resolves_and_nothing_names_this_machine(crates, entities, tmp_path):
    crate = crates.export(findings=[Finding("a", "edited", f"see {crates.project.run}/a and {crates.project.root}/b")])
    found = entities(crate)
    named = {key for entity in found.values() for value in entity.values() for key in references(value)}
    assert named - set(found) == OUTSIDE
    text = (crate / "ro-crate-metadata.json").read_text()
    assert str(tmp_path) not in text
    assert os.uname().nodename not in text
    assert "see results/demo/a and b" in text


def test_actions_say_what_the_receipts_say(crates, entities):
    """Each receipt, read as plain JSON, against its action: tool, inputs, outputs, times, seed and configuration."""
    found = entities(crates.export())
    receipts = sorted(crates.project.run.rglob("*.receipt.json"))
    assert Counter(entity["@type"] for entity in found.values() if isinstance(entity["@type"], str))[
        "CreateAction"
    ] == 1 + len(receipts)
    for path in receipts:
        statement = json.loads(path.read_text())
        build, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
        name = path.relative_to(crates.project.run).as_posix().removesuffix(".receipt.json")
        action = found[f"#job/{name}"]
        code = next(item for item in build["resolvedDependencies"] if item["name"] == "code")
        assert action["instrument"]["@id"] == code["annotations"]["script"]
        subjects = {f"results/demo/{item['name']}" for item in statement["subject"]}
        assert set(references(action["result"])) == subjects
        used = {
            found[key]["name"] if found[key]["@type"] == "CreativeWork" else key
            for key in references(action["object"])
            if found[key]["@type"] != "PropertyValue"
        }
        inputs = {item["name"] for item in build["resolvedDependencies"]} - {"code", "source", "lock", "frame", "words"}
        assert used == {item if item.startswith("data:") else f"results/demo/{item}" for item in inputs}
        assert action["startTime"] == details["metadata"]["startedOn"].replace("Z", "+00:00")
        assert action["endTime"] == details["metadata"]["finishedOn"].replace("Z", "+00:00")
        values = {
            found[key]["name"]: found[key]["value"]
            for key in references(action["object"])
            if found[key]["@type"] == "PropertyValue"
        }
        outer = build["externalParameters"]
        assert values.get("seed") == outer["seed"]
        assert values["training.epochs"] == outer["configuration"]["training.epochs"] == 3
        assert json.loads(values["training.rates"]) == outer["configuration"]["training.rates"]
        facts = {found[key]["name"]: found[key]["value"] for key in references(action["additionalProperty"])}
        source = next(item for item in build["resolvedDependencies"] if item["name"] == "source")
        assert facts["commit"] == source["digest"]["gitCommit"]
        assert facts["fingerprint"] == code["digest"]["sha256"]
        assert found[action["resourceUsage"]["@id"]]["value"] == pytest.approx(
            next(item for item in details["byproducts"] if item["name"] == "duration")["annotations"]["seconds"]
        )
        assert action["subjectOf"]["@id"] == f"results/demo/{name}.receipt.json"


def test_the_whole_run_goes_from_raw_data_to_the_table(crates, entities):
    found = entities(crates.export())
    run = found["#run"]
    assert {key for key in references(run["result"])} == {
        "results/demo/tables/table1.csv",
        "results/demo/tables/table1.md",
    }
    raw = [found[key] for key in references(run["object"]) if found[key]["@type"] == "CreativeWork"]
    assert [(item["name"], item["sha256"]) for item in raw] == [("data:raw.txt", hashlib.sha256(b"raw\n").hexdigest())]
    assert found["./"]["mainEntity"]["@id"] == run["instrument"]["@id"] == "workflow/Snakefile"
    steps = [found[key] for key in references(found["workflow/Snakefile"]["step"])]
    assert [(step["name"], step["position"]) for step in steps] == [("prepare", 1), ("train", 2), ("table1", 3)]


def test_authors_licence_and_paper(crates, entities):
    found = entities(crates.export())
    authors = [found[key] for key in references(found["./"]["author"])]
    assert [(author["@type"], author["name"]) for author in authors] == [
        ("Organization", "The tiny developers"),
        ("Person", "Jane Doe"),
    ]
    assert authors[1]["@id"] == "https://orcid.org/0000-0002-1825-0097"
    assert found["./"]["license"]["@id"] == "https://spdx.org/licenses/MIT"
    assert found["./"]["citation"]["@id"] == "https://doi.org/10.1234/tiny"


def test_same_run_same_bytes_wherever_it_lies_and_whenever_it_was_copied(crates, tmp_path):
    """Catches the clock, file times, folder order and paths of this machine in the crate."""
    first = crates.export("one.zip")
    moved = tmp_path / "elsewhere"
    shutil.copytree(crates.project.root, moved)
    for path in moved.rglob("*"):
        os.utime(path, (1, 1))
    export(moved / "results/demo", tmp_path / "two.zip", moved, [])
    assert first.read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_zip_and_folder_hold_the_same(crates):
    folder, archive = crates.export(), crates.export("crate.zip")
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist() if not info.is_dir()} == {
            name: (folder / name).read_bytes() for name in files_in(folder)
        }


def test_the_library_reads_it_back(crates):
    """A peer's reader finds the same parts."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(crates.export())
    assert crate.mainEntity.id == "workflow/Snakefile"
    assert crate.mainEntity["programmingLanguage"]["name"] == "Snakemake"
    assert len(crate.get_by_type("ControlAction")) == 4


def test_what_is_left_out_is_listed(crates, entities):
    crate = crates.export(without=["model.txt"])
    assert not (crate / "results/demo/models/0/model.txt").exists()
    left_out = entities(crate)["#left-out/results/demo/models/0/model.txt"]
    content = (crates.project.run / "models/0/model.txt").read_bytes()
    assert left_out["sha256"] == hashlib.sha256(content).hexdigest()
    assert left_out["contentSize"] == str(len(content))
    assert "Left out" in left_out["description"]
    # The job that made it still refers to it.
    assert entities(crate)["#job/models/0/model"]["result"]["@id"] == left_out["@id"]


def test_breaks_are_stated(crates, entities):
    (crates.project.run / "models/0/model.txt").write_text("better")
    found = entities(crates.export())
    outcome = found["#audit"]
    assert "1 edited" in outcome["description"]
    assert "1 edited" in found["./"]["description"]
    broken = found[outcome["result"]["@id"]]
    assert (broken["name"], broken["value"]) == ("edited", "models/0/model.txt")
    # What the job made is not the file that is there now.
    assert found["#job/models/0/model"]["result"]["@id"].startswith("#absent/")


def test_refused(crates):
    run, root = crates.project.run, crates.project.root
    taken = crates.export()
    inside = run / "crate.zip"
    for output, without, sentence in (
        (taken, (), "expected no file or folder"),
        (inside, (), "outside the run folder"),
        (crates.folder / "a", ("*.nothing",), r"--without \*.nothing, found none"),
        (crates.folder / "a", ("*.json",), "matches the receipt"),
    ):
        with pytest.raises(VspairError, match=sentence):
            export(run, output, root, [], without)
    assert not inside.exists()
    (run / "tables/link.csv").symlink_to(run / "tables/table1.csv")
    with pytest.raises(VspairError, match=r"found the link .*link\.csv"):
        crates.export("b")
    (run / "tables/link.csv").unlink()
    (run / "tables/a:b.csv").touch()
    with pytest.raises(VspairError, match="names that every system knows"):
        crates.export("b")
    (run / "tables/a:b.csv").unlink()
    (root / "LICENSE").unlink()
    with pytest.raises(VspairError, match="expected LICENSE"):
        crates.export("b")
    assert [path.name for path in crates.folder.iterdir()] == ["crate"]


@pytest.mark.parametrize("name", ["crate", "crate.zip"])
def test_whole_or_not_at_all(crates, name, monkeypatch):
    """A file that changes between its checksum and its copy leaves no crate, nor a part of one."""
    from vspair.provenance.crate.exporting import collect

    def collected(*arguments):
        items = collect(*arguments)
        (crates.project.run / "tables/table1.csv").write_text("changed meanwhile")
        return items

    monkeypatch.setattr("vspair.provenance.crate.exporting.collect", collected)
    with pytest.raises(VspairError, match=r"table1\.csv to stay as it was"):
        crates.export(name, findings=[])
    assert list(crates.folder.iterdir()) == []


def test_full_disk_is_seen_before_anything_is_written(crates, no_space):
    with pytest.raises(VspairError, match="free disk space"):
        crates.export("crate.zip", findings=[])
    assert not crates.folder.exists()
