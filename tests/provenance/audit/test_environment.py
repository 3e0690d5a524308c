"""Environments against the lock that each run names: a GPU machine and a laptop are no break, a contradiction is."""

import numpy as np
import pytest

from vspair.provenance.audit import audit
from vspair.provenance.receipt.reading import read
from vspair.provenance.why import render, why

LAPTOP, CLUSTER = "envs/constraints.txt", "envs/cluster.txt"


@pytest.fixture
def loaded(monkeypatch):
    """Says which versions the next jobs run with."""

    def load(**versions):
        monkeypatch.setattr("vspair.provenance.receipt.building.versions", lambda: versions)

    return load


@pytest.fixture
def locks(project):
    """Two locks, each of another release of torch."""
    (project.root / LAPTOP).write_text("torch==2.13.0\n")
    (project.root / CLUSTER).write_text("torch==2.11.0  # of the module\nmatplotlib==3.10.1\n")
    project.commit()
    return project


def breaks(project):
    return [(finding.file, finding.word, finding.sentence) for finding in audit(project.run, project.root)]


def words(project):
    return {(file, word) for file, word, _ in breaks(project)}


def two_machines(project, loaded):
    loaded(torch="2.13.0")
    project.prepare()
    project.train(0)
    loaded(torch="2.11.0+cu126", numpy="1.0")
    project.train(1, lock=CLUSTER)
    project.table(lock=CLUSTER)


def test_results_of_two_machines_are_no_break(locks, loaded):
    """Each with its own lock; of numpy neither lock says anything."""
    two_machines(locks, loaded)
    assert breaks(locks) == []
    receipt = read(locks.run / "models/1/model.receipt.json")
    assert receipt.lock_file == CLUSTER
    text = render(why(locks.run / "tables/table1.csv", locks.root))
    assert f"lock {CLUSTER} {receipt.lock[:12]}" in text
    assert f"lock {LAPTOP} " in text
    assert "NO LONGER TRUE" not in text


def test_a_version_that_contradicts_the_lock_that_was_named(locks, loaded):
    loaded(torch="2.13.0")
    locks.prepare(lock=CLUSTER)
    ((file, word, sentence),) = breaks(locks)
    assert (file, word) == ("prepared/pairs.txt", "stale environment")
    assert "torch 2.13.0, its lock envs/cluster.txt says 2.11.0" in sentence


@pytest.mark.parametrize(
    ("line", "contradicts"),
    [
        ("torch==2.11.0+cu126", False),
        ("torch==2.11.0+cu124", True),
        ("torch==2.11.0 \\\n    --hash=sha256:00", False),
        ("Torch[extra]==2.11.0; python_version < '3.12'\ntorch==2.12.0; python_version >= '3.12'", False),
        ("torch>=2.13", False),
    ],
)
def test_how_a_lock_names_a_version(locks, loaded, line, contradicts):
    (locks.root / CLUSTER).write_text(f"{line}\n")
    locks.commit()
    loaded(torch="2.11.0+cu126")
    locks.prepare(lock=CLUSTER)
    assert words(locks) == ({("prepared/pairs.txt", "stale environment")} if contradicts else set())


def test_versions_mixed_under_one_lock_are_told_where_they_meet_and_not_again(project, loaded):
    loaded(torch="0.1")
    project.prepare()
    project.train(0)
    loaded(torch="0.2")
    project.train(1)
    project.table()
    ((file, word, sentence),) = breaks(project)
    assert (file, word) == ("models/1/model.txt", "mixed runs")
    assert f"the version of torch under {LAPTOP} (0.1 in prepared/pairs.txt; 0.2 in" in sentence


def test_a_lock_that_changed_is_told_once_and_of_those_who_named_it(locks, loaded):
    two_machines(locks, loaded)
    (locks.root / CLUSTER).write_text((locks.root / CLUSTER).read_text() + "ruff==0.15\n")
    ((file, word, sentence),) = breaks(locks)
    assert (file, word) == (f"project:{CLUSTER}", "stale environment")
    assert "2 of 4 receipts is another file" in sentence
    text = render(why(locks.run / "tables/table1.csv", locks.root))
    broken = [line.split()[0] for line in text.splitlines() if "NO LONGER TRUE: stale environment" in line]
    assert broken == ["tables/table1.csv", "models/1/model.txt"]


def test_a_lock_that_is_gone(locks, loaded):
    two_machines(locks, loaded)
    (locks.root / CLUSTER).unlink()
    ((file, word, sentence),) = breaks(locks)
    assert (file, word) == (f"project:{CLUSTER}", "stale environment")
    assert "is gone: restore it" in sentence


def test_the_history_has_every_lock(locks, loaded):
    """A full audit compares a lock with that of the commit; one that no commit holds is told."""
    two_machines(locks, loaded)
    known = {file for file, word in words(locks) if word == "contradiction"}
    found = audit(locks.run, locks.root, full=True)
    assert known == {finding.file for finding in found if finding.word == "contradiction"} == set()
    (locks.root / ".gitignore").write_text("results/\ndata/\nenvs/local.txt\n")
    locks.commit()
    (locks.root / "envs/local.txt").write_text("torch==2.11.0\n")
    locks.prepare(lock="envs/local.txt")
    told = [finding.sentence for finding in audit(locks.run, locks.root, full=True) if finding.word == "contradiction"]
    assert any("its lock envs/local.txt is" in sentence for sentence in told)


def test_a_receipt_that_names_no_lock_means_the_usual_one(project):
    project.prepare()
    path = project.run / "prepared/pairs.receipt.json"
    path.write_text(path.read_text().replace(f'"uri": "project:{LAPTOP}"', '"uri": null'))
    assert read(path).lock_file == LAPTOP
    (project.root / LAPTOP).write_text(f"numpy=={np.__version__}1\n")
    assert {word for _, word in words(project)} == {"stale environment"}
