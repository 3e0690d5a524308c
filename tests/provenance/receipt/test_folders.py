"""Files that come into a folder, leave it or change are seen: by its state, in receipts, and by the audit."""

import json
import os

import pytest

from vspair.errors import VspairError
from vspair.provenance import recorded
from vspair.provenance.audit import audit
from vspair.provenance.receipt.folders import files_below, state_of_folder
from vspair.provenance.receipt.reading import read


@pytest.fixture
def folder(tmp_path):
    """Three files in two folders, one reached through a link; a link to the top and one to nowhere."""
    top = tmp_path / "top"
    (top / "inner").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    for path in (top / "a", top / "inner/b", tmp_path / "elsewhere/c"):
        path.write_text(path.name)
    (top / "linked").symlink_to(tmp_path / "elsewhere")
    (top / "inner/loop").symlink_to(top)
    (top / "nowhere").symlink_to(tmp_path / "nothing")
    return top


def test_links_are_followed_and_loops_are_not(folder):
    assert [path.relative_to(folder).as_posix() for path in files_below(folder)] == ["a", "inner/b", "linked/c"]


CHANGES = {
    "added": lambda top: (top / "inner/d").write_text("d"),
    "added behind a link": lambda top: (top / "linked/d").write_text("d"),
    "removed": lambda top: (top / "inner/b").unlink(),
    "renamed": lambda top: (top / "inner/b").rename(top / "inner/e"),
    "longer": lambda top: (top / "a").write_text("aa"),
    "edited": lambda top: os.utime(top / "a", ns=(0, 5)),
    "found": lambda top: (top.parent / "nothing").write_text("x"),
    "one more link to nowhere": lambda top: (top / "more").symlink_to("nothing at all"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_files_changes_the_state(folder, change):
    before = state_of_folder(folder)
    assert state_of_folder(folder) == before
    CHANGES[change](folder)
    assert state_of_folder(folder) != before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_refused(folder):
    (folder / "inner").chmod(0)
    for function in (files_below, state_of_folder):
        with pytest.raises(VspairError, match=r"inner cannot be listed \(Permission denied\)"):
            function(folder)


@pytest.fixture(params=["data:slices", "data:."])
def source(request, project):
    """A job that has read a folder of the data folder, or all of it."""
    (project.root / "data/slices/inner").mkdir(parents=True)
    for name in ("slices/a.dcm", "slices/inner/b.dcm"):
        (project.root / "data" / name).write_text(name)
    project.job("prepare", [request.param], ["prepared/pairs.txt"])
    return request.param


def sentences(project):
    found = audit(project.run, project.root, data_dir=project.root / "data")
    return [(finding.file, finding.word, finding.sentence) for finding in found]


def test_a_receipt_names_the_folder_and_all_of_its_files(project, source):
    receipt = read(project.run / "prepared/pairs.receipt.json")
    assert receipt.folders == [source]
    assert {"data:slices/a.dcm", "data:slices/inner/b.dcm"} <= receipt.inputs.keys()
    assert sentences(project) == []


@pytest.mark.parametrize("name", ["slices/c.dcm", "slices/inner/deep/c.dcm"])
def test_an_added_file_is_stale_data_by_name(project, source, name):
    path = project.root / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("c")
    [(file, word, sentence)] = sentences(project)
    assert (file, word) == ("prepared/pairs.txt", "stale data")
    assert sentence.startswith(f"its input {source} has files that were not there: data:{name}; remake it with `snake")
    path.unlink()
    assert sentences(project) == []


def test_a_removed_file_is_missed_by_name(project, source):
    (project.root / "data/slices/inner/b.dcm").unlink()
    [(file, word, sentence)] = sentences(project)
    assert (file, word) == ("prepared/pairs.txt", "missing")
    assert "data:slices/inner/b.dcm" in sentence


def test_many_added_files_are_counted(project, source):
    for number in range(5):
        (project.root / f"data/slices/more{number}.dcm").write_text("c")
    [(_, _, sentence)] = sentences(project)
    assert "more0.dcm, data:slices/more1.dcm, data:slices/more2.dcm and 2 more; remake" in sentence


def test_an_older_receipt_is_read_and_its_files_are_compared(project, source):
    """It does not say which inputs were folders, so that added files go unseen; the workflow remakes what it covers."""
    path = project.run / "prepared/pairs.receipt.json"
    statement = json.loads(path.read_text())
    del statement["predicate"]["buildDefinition"]["externalParameters"]["folders"]
    path.write_text(json.dumps(statement))
    (project.root / "data/slices/c.dcm").write_text("c")
    assert sentences(project) == []
    (project.root / "data/slices/a.dcm").write_text("edited")
    assert [word for _, word, _ in sentences(project)] == ["stale data"]


def test_a_job_without_folders_has_the_receipt_that_it_had(project):
    project.prepare()
    text = (project.run / "prepared/pairs.receipt.json").read_text()
    assert "folders" not in text


def test_a_file_that_comes_while_the_job_runs_is_refused(project, capsys):
    (project.root / "data/slices").mkdir()
    (project.root / "data/slices/a.dcm").write_text("a")
    snakemake = project.snakemake("prepare", ["data:slices"], ["prepared/pairs.txt"])
    with pytest.raises(SystemExit), recorded(snakemake):
        (project.run / "prepared").mkdir(parents=True)
        (project.run / "prepared/pairs.txt").write_text("pairs")
        (project.root / "data/slices/b.dcm").write_text("b")
    assert "b.dcm added: run the same command again" in capsys.readouterr().err
    assert not (project.run / "prepared/pairs.receipt.json").exists()
