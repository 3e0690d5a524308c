"""Bundles: results of the past with all of their evidence and without their large files."""

import json
import shutil

import pytest

from vspair.errors import VspairError
from vspair.provenance.audit import audit
from vspair.provenance.run.bundle import write_bundle
from vspair.provenance.run.chain import Run


@pytest.fixture
def bundle(complete, tmp_path):
    """A bundle without the models."""
    run = Run(complete.run, complete.root)
    outputs = {name: claims[0].outputs[name] for name, claims in run.makers.items()}
    names = [path.relative_to(complete.run).as_posix() for path in complete.run.rglob("*") if path.is_file()]
    target = tmp_path / "kept"
    assert write_bundle(complete.run, names, outputs, target, ["*/model.txt"]) == 2
    shutil.rmtree(complete.run)
    return target


def words(bundle, project):
    """Breaks, apart from that the tiny project has no ledger."""
    found = {(finding.file, finding.word) for finding in audit(bundle, project.root)}
    assert ("tables/table1.csv", "unvouched") in found
    return found - {("tables/table1.csv", "unvouched")}


def test_a_bundle_is_whole_without_its_large_files(bundle, complete):
    assert not (bundle / "models/0/model.txt").exists()
    assert json.loads((bundle / "bundle.json").read_text())["left_out"].keys() == {
        "models/0/model.txt",
        "models/1/model.txt",
    }
    assert words(bundle, complete) == set()


def test_later_changes_of_the_project_do_not_touch_it(bundle, complete):
    source = complete.root / "vspair/numbers.py"
    source.write_text(source.read_text().replace("x / 2", "x / 3"))
    (complete.root / "envs/constraints.txt").write_text("numpy==0.1\n")
    complete.commit()
    assert words(bundle, complete) == set()


def test_faults_in_a_bundle_are_found(bundle, complete):
    path = bundle / "models/0/model.receipt.json"
    kept = path.read_text()
    (bundle / "tables/table1.csv").write_text("x")
    (bundle / "tables/table1.md").unlink()
    assert words(bundle, complete) == {("tables/table1.csv", "edited"), ("tables/table1.md", "missing")}
    path.write_text(kept.replace('"cpu": "', '"cpu": "Better '))
    assert ("models/0/model.txt", "contradiction") in words(bundle, complete)
    listed = bundle / "bundle.json"
    known = json.loads(listed.read_text())
    known["left_out"]["models/1/model.txt"] = "0" * 64
    listed.write_text(json.dumps(known))
    assert ("models/1/model.txt", "edited") in words(bundle, complete)


def test_code_that_is_not_that_of_the_commit(bundle, complete):
    path = bundle / "tables/table1.receipt.json"
    statement = json.loads(path.read_text())
    entries = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    next(entry for entry in entries if entry["name"] == "code")["digest"]["sha256"] = "0" * 64
    path.write_text(json.dumps(statement))
    assert words(bundle, complete) == {("tables/table1.csv", "stale code")}


def test_a_commit_that_is_gone(bundle, complete):
    shutil.rmtree(complete.root / ".git")
    assert {word for _, word in words(bundle, complete)} == {"unknown commit"}


def test_a_bundle_is_never_written_over(bundle, complete):
    with pytest.raises(VspairError, match="give a new folder"):
        write_bundle(bundle, [], {}, bundle, [])


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2, "left_out": {}}', '{"format": 1, "left_out": {"a": 1}}'])
def test_a_damaged_list(bundle, complete, text):
    (bundle / "bundle.json").write_text(text)
    with pytest.raises(VspairError, match="files that were left out"):
        audit(bundle, complete.root)
