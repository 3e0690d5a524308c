import logging
import types
from pathlib import Path

import pytest

from vspair.provenance import recorded
from vspair.provenance.receipt.lookup import find
from vspair.provenance.receipt.reading import read


def receipt_of(job) -> Path:
    return Path(job.output["receipt"])


def touch(*paths):
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("x")


@pytest.fixture
def prepare(project):
    return project.snakemake("prepare", ["data:raw.txt"], ["prepared/pairs.txt"])


def fails(snakemake, capsys, work=lambda job: None) -> str:
    """Run the job, which must fail with one sentence, status 1 and no receipt; give the sentence."""
    with pytest.raises(SystemExit) as ended, recorded(snakemake) as job:
        work(job)
    assert ended.value.code == 1
    assert not receipt_of(snakemake).exists()
    sentence = capsys.readouterr().err.strip()
    assert sentence.startswith("error: ")
    assert "Traceback" not in sentence
    assert Path(snakemake.log[0]).read_text().strip() == sentence
    return sentence


def test_gives_seed_configuration_and_log(project, capsys):
    snakemake = project.snakemake("train", [], ["models/0/model.txt"], evidence={"seed": 3, "stochastic": True})
    with recorded(snakemake) as job:
        job.log.info("epoch 1")
        logging.getLogger("vspair.training").info("from the library")
        touch(*snakemake.output["files"])
        assert (job.seed, job.configuration["training.epochs"]) == (3, 3)
    assert Path(snakemake.log[0]).read_text() == "epoch 1\nfrom the library\n"
    assert capsys.readouterr().err == "epoch 1\nfrom the library\n"
    assert read(receipt_of(snakemake)).seed == 3
    assert logging.getLogger("vspair").handlers == []


def test_a_log_that_cannot_be_begun_is_shown_in_one_line(prepare, tmp_path, capsys):
    """Its name comes from the command line, and a terminal would obey what is in it."""
    (tmp_path / "a\x1b[2J\nfolder").write_text("in the place of a folder")
    prepare.log = [str(tmp_path / "a\x1b[2J\nfolder/log")]
    with pytest.raises(SystemExit), recorded(prepare):
        pytest.fail("the job must not run")
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert r"a\x1b[2J\x0afolder" in said


def test_snakemakes_named_lists(project, monkeypatch):
    namedlist = pytest.importorskip("snakemake.iocontainers").Namedlist
    monkeypatch.chdir(project.root)
    snakemake = project.snakemake("prepare", [], ["prepared/pairs.txt"], wildcards={"part": "a"})
    names = ["results/demo/prepared/pairs.txt", "results/demo/prepared/pairs.receipt.json"]
    snakemake.input = namedlist(fromdict={"raw": "data/raw.txt"})
    snakemake.output = namedlist(fromdict={"pairs": names[0], "receipt": names[1]})
    for name in ("params", "wildcards", "resources"):
        setattr(snakemake, name, namedlist(fromdict=getattr(snakemake, name)))
    with recorded(snakemake):
        touch(names[0])
    receipt = read(names[1])
    assert (list(receipt.outputs), list(receipt.inputs)) == (["prepared/pairs.txt"], ["data:raw.txt"])
    assert receipt.wildcards == {"part": "a"}
    resources = receipt.resources
    assert resources == {"gpu": 0, "mem_mb": 100}


def test_plain_namespaces_and_folders(project):
    snakemake = project.snakemake("prepare", ["data:"], ["prepared/pairs.txt"])
    snakemake.output = types.SimpleNamespace(
        folder=str(project.run / "prepared/parts"), receipt=str(project.run / "prepared/parts.receipt.json")
    )
    with recorded(snakemake):
        touch(project.run / "prepared/parts/a.txt", project.run / "prepared/parts/b.txt")
    receipt = read(project.run / "prepared/parts.receipt.json")
    assert list(receipt.outputs) == ["prepared/parts/a.txt", "prepared/parts/b.txt"]
    assert list(receipt.inputs) == ["data:raw.txt"]
    assert find(project.run / "prepared/parts/b.txt") == receipt.path


def test_missing_output(prepare, capsys):
    assert "prepared/pairs.txt, found no such file" in fails(prepare, capsys)


def test_missing_input(project, prepare, capsys):
    (project.root / "data/raw.txt").unlink()
    assert "data/raw.txt" in fails(prepare, capsys)


def test_input_changed_while_the_job_ran(project, prepare, capsys):
    def work(job):
        touch(*prepare.output["files"])
        (project.root / "data/raw.txt").write_text("changed meanwhile")

    assert "found it changed" in fails(prepare, capsys, work)


def test_input_removed_while_the_job_ran(project, prepare, capsys):
    def work(job):
        touch(*prepare.output["files"])
        (project.root / "data/raw.txt").unlink()

    assert "data/raw.txt" in fails(prepare, capsys, work)


def test_code_edited_since_planning(project, prepare, capsys):
    source = project.root / "vspair/numbers.py"
    source.write_text(source.read_text().replace("SCALE * x", "SCALE + x"))
    assert "found it edited since" in fails(prepare, capsys)


def test_missing_lock(project, prepare, capsys):
    (project.root / "envs/constraints.txt").unlink()
    assert "envs/constraints.txt" in fails(prepare, capsys, lambda job: pytest.fail("it began"))


@pytest.mark.parametrize("lock", ["../lock.txt", "/etc/hosts", "envs/none.txt"])
def test_a_lock_that_is_not_in_the_project(project, capsys, lock):
    snakemake = project.snakemake("prepare", ["data:raw.txt"], ["prepared/pairs.txt"], lock=lock)
    assert lock in fails(snakemake, capsys, lambda job: pytest.fail("it began"))


def test_rule_without_evidence_or_receipt(project, prepare, capsys):
    del prepare.params["evidence"]["seed"]
    with pytest.raises(SystemExit), recorded(prepare):
        pass
    assert "found no seed: mend the rule" in capsys.readouterr().err
    other = project.snakemake("prepare", [], ["prepared/pairs.txt"])
    del other.output["receipt"]
    with pytest.raises(SystemExit), recorded(other):
        pass
    assert "an output named `receipt`" in capsys.readouterr().err


def test_a_defect_keeps_its_traceback_and_leaves_no_receipt(prepare, capsys):
    with pytest.raises(ZeroDivisionError), recorded(prepare):
        touch(*prepare.output["files"])
        1 / 0  # noqa: B018
    assert not receipt_of(prepare).exists()
    assert "ZeroDivisionError" in Path(prepare.log[0]).read_text()


def test_a_failed_rerun_removes_the_old_receipt(prepare, project, capsys):
    project.prepare()
    assert receipt_of(prepare).exists()
    (project.run / "prepared/pairs.txt").unlink()
    fails(prepare, capsys)


def test_annotations_are_checked(prepare):
    with pytest.raises(ValueError, match="not an output"), recorded(prepare) as job:
        job.annotate("elsewhere.csv", {})
    with pytest.raises(ValueError, match="no inputs of the rule"), recorded(prepare) as job:
        job.annotate(prepare.output["files"][0], {"cells": {"A|b": {"inputs": ["elsewhere.csv"]}}})
