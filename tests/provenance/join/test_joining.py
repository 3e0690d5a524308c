"""Joining: what a run folder takes from another, how it lies there, and what stops the join before anything is done."""

import errno
import fcntl
import json
import os
import shutil
from pathlib import Path

import pytest

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance.audit.auditing import audit
from vspair.provenance.join.joining import join
from vspair.provenance.join.planned import Planned
from vspair.provenance.receipt import building
from vspair.provenance.receipt.reading import read
from vspair.provenance.run.bundle import write_list

VALUES = {"training.epochs": 3, "training.rates": [0.1, 0.2], "seeds": [0, 1]}
MODELS = ["models/0/model.txt", "models/1/model.txt"]
JOBS = {
    "prepared/pairs.receipt.json": ["data:raw.txt"],
    "models/0/model.receipt.json": ["prepared/pairs.txt"],
    "models/1/model.receipt.json": ["prepared/pairs.txt"],
    "tables/table1.receipt.json": MODELS,
}

LOGS = dict(zip(JOBS, ("prepare.log", "train.log", "train.log", "table1.log"), strict=True))


class Sides:
    """A finished run elsewhere, made on another machine, and this project's run folder."""

    def __init__(self, project, away: Path) -> None:
        self.project, self.away, self.into = project, away, project.run
        self.jobs = dict(JOBS)
        self.noted: list[str] = []

    def plan(self, places, settings) -> dict[str, Planned]:
        assert settings == {"preset": "demo"}
        return {
            place: Planned(tuple(map(places.path, inputs)), (places.run / "logs" / LOGS[place],))
            for place, inputs in self.jobs.items()
        }

    def join(self, configuration=None, **changes):
        root = self.project.root
        arguments = (self.away, changes.pop("into", self.into), root, {"preset": "demo"})
        values = configuration or VALUES
        return join(*arguments, values, root / "data", plan=self.plan, note=self.note, **changes)

    def note(self, root, places, settings) -> None:
        # A job that is there must never lack Snakemake's record of it.
        assert not any(path.exists() for path in places)
        self.noted += [path.relative_to(self.into).as_posix() for path in places]

    def change(self, name: str, before: str, after: str) -> None:
        text = (self.away / name).read_text()
        assert before in text
        (self.away / name).write_text(text.replace(before, after))

    def findings(self) -> set[tuple[str, str]]:
        return {(finding.file, finding.word) for finding in audit(self.into, self.project.root, VALUES)}


def write_tree(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def sides(project, tmp_path, monkeypatch):
    """Elsewhere everything is done; here nothing."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(building, "machine", lambda: {"cpu": "another"})
        project.everything()
    project.run.rename(tmp_path / "away")
    return Sides(project, tmp_path / "away")


def test_an_empty_folder_becomes_a_copy_that_works(sides):
    done = sides.join()
    assert [receipt.rule for receipt in done.choice.taken] == ["prepare", "train", "train", "table1"]
    assert content(sides.into) == content(sides.away)
    assert sides.noted == list(JOBS)
    assert sides.findings() == set()


def test_a_dry_run_writes_nothing(sides):
    done = sides.join(dry_run=True)
    assert len(done.choice.taken) == 4
    assert not sides.into.exists()
    assert sides.noted == []


def test_two_machines_with_pairs_of_their_own_come_together(sides):
    sides.project.prepare()
    sides.project.train(0)
    before = content(sides.into)
    done = sides.join()
    assert [receipt.place for receipt in done.choice.taken] == list(JOBS)[2:]
    assert len(done.choice.there) == 2
    assert before.items() <= content(sides.into).items()
    assert sides.findings() == set()
    # A receipt that nobody vouches for is still found.
    path = sides.into / "prepared/pairs.receipt.json"
    path.write_text(path.read_text().replace('"cpu": "', '"cpu": "Better '))
    assert ("prepared/pairs.txt", "contradiction") in sides.findings()


def test_weights_that_stayed_behind_are_known_by_checksum_and_may_come_later(sides):
    weights = sides.away / MODELS[1]
    kept = weights.read_bytes()
    weights.unlink()
    done = sides.join()
    assert done.load.left_behind.keys() == {MODELS[1]}
    assert done.wanted == []
    assert sides.findings() == set()
    weights.write_bytes(kept)
    assert list(sides.join().load.copies) == [MODELS[1]]
    assert not (sides.into / "joined.json").exists()
    # Only what a join noted may be absent.
    (sides.into / MODELS[1]).unlink()
    assert (MODELS[1], "missing") in sides.findings()


def test_a_file_that_stayed_behind_and_is_read_by_jobs_to_come_is_told(sides):
    (sides.away / "prepared/pairs.txt").unlink()
    shutil.rmtree(sides.away / "models/1")
    shutil.rmtree(sides.away / "tables")
    assert sides.join().wanted == ["prepared/pairs.txt"]


def test_a_bundle_is_a_source_too(sides):
    weights = sides.away / MODELS[0]
    sha = read(sides.away / "models/0/model.receipt.json").outputs[MODELS[0]]
    weights.unlink()
    write_list(sides.away, {MODELS[0]: sha})
    sides.join()
    assert not (sides.into / "bundle.json").exists()
    assert sides.findings() == set()
    write_list(sides.away, {MODELS[0]: "0" * 64})
    with pytest.raises(VspairError, match=r"list bundle.json to agree"):
        sides.join()


def test_joining_again_changes_nothing(sides):
    sides.join()
    before, sides.noted = content(sides.into), []
    done = sides.join()
    assert (done.choice.taken, dict(done.load.copies), sides.noted) == ([], {}, [])
    assert content(sides.into) == before


def test_a_join_that_was_killed_is_mended_by_another(sides):
    def killed(*_):
        raise KeyboardInterrupt

    note, sides.note = sides.note, killed
    with pytest.raises(KeyboardInterrupt):
        sides.join()
    sides.note = note
    assert content(sides.into) == {}
    write_tree(sides.into, {"prepared/pairs.txt": (sides.away / "prepared/pairs.txt").read_text()})
    assert len(sides.join().choice.taken) == 4
    assert content(sides.into) == content(sides.away)


def test_leftovers_of_unfinished_jobs_are_not_taken(sides):
    write_tree(sides.away, {"models/2/checkpoint.safetensors": "half", "logs/other.log": "x", "report.html": "x"})
    before = content(sides.away)
    sides.join()
    leftovers = {"models/2/checkpoint.safetensors", "logs/other.log", "report.html"}
    assert before.keys() - content(sides.into).keys() == leftovers


def test_no_input_is_younger_than_what_was_made_from_it(sides):
    sides.project.prepare()
    for number, path in enumerate(sorted(sides.away.rglob("*.txt"), reverse=True)):
        os.utime(path, (number, number))
    os.utime(sides.project.root / "data/raw.txt", (50, 50))
    os.utime(sides.into / "prepared/pairs.txt", (99, 99))
    os.utime(sides.into / "prepared/pairs.receipt.json", (99, 99))
    sides.join()
    # The youngest input is the raw file, and the pairs' own time may only become earlier.
    times = {path.stat().st_mtime for path in sides.into.rglob("*") if path.suffix in (".txt", ".csv", ".md")}
    assert times == {50}


def test_what_another_choice_of_seeds_sums_up_is_passed_by(sides):
    sides.jobs["tables/table1.receipt.json"] = [*MODELS, "models/2/model.txt"]
    done = sides.join()
    assert [receipt.rule for receipt in done.choice.taken] == ["prepare", "train", "train"]
    assert {why: [r.rule for r in passed] for why, passed in done.choice.passed.items()} == {
        "made from other inputs than are planned here": ["table1"]
    }
    assert not (sides.into / "tables").exists()


def test_what_is_not_planned_is_passed_by_with_all_that_was_made_from_it(sides):
    del sides.jobs["models/1/model.receipt.json"]
    done = sides.join()
    assert {why: [r.target for r in passed] for why, passed in done.choice.passed.items()} == {
        "not planned with these settings": [MODELS[1]],
        "made from what was not taken": ["tables/table1.csv"],
    }
    sides.jobs.clear()
    with pytest.raises(VspairError, match="4 not planned with these settings"):
        sides.join()


def test_a_table_with_another_outcome_stays_as_it_is_here(sides):
    sides.join()
    before = content(sides.into)
    # The tiny project writes the same text into both files of a table.
    sha = sha256(sides.away / "tables/table1.md")
    write_tree(sides.away, {"tables/table1.csv": "other", "tables/table1.md": "other"})
    sides.change("tables/table1.receipt.json", sha, sha256(sides.away / "tables/table1.md"))
    done = sides.join()
    assert [r.rule for r in done.choice.passed["with another outcome than here"]] == ["table1"]
    assert content(sides.into) == before


def link(path: Path) -> None:
    target = path.with_name(f"other-{path.name}")
    path.rename(target)
    path.symlink_to(target)


FAULTS = {
    "other preset": (
        lambda s: s.change("tables/table1.receipt.json", '"preset": "demo"', '"preset": "quick"'),
        "never mix",
    ),
    "dirty": (lambda s: s.change("tables/table1.receipt.json", '"dirty": false', '"dirty": true'), "dirty tree"),
    "damaged": (lambda s: s.change("tables/table1.receipt.json", '"_type"', '"type"'), "whole receipts"),
    "upwards": (lambda s: s.change("tables/table1.receipt.json", '"name": "tables/', '"name": "../'), "whole receipts"),
    "outside": (lambda s: s.change("tables/table1.receipt.json", '"name": "tables/', '"name": "data:'), "plain names"),
    "hidden": (lambda s: s.change("tables/table1.receipt.json", '"name": "tables/', '"name": ".git/'), "plain names"),
    "edited": (lambda s: s.change(MODELS[1], "train", "drain"), "edited"),
    "rewritten": (lambda s: s.change("models/1/model.receipt.json", '"another"', '"a third"'), "contradictions"),
    "moved": (lambda s: (s.away / "models/1").rename(s.away / "models/7"), "in its place"),
    "link to a file": (lambda s: link(s.away / MODELS[1]), "found a link"),
    "link to a folder": (lambda s: link(s.away / "models/1"), "found the link"),
    "other commit": (lambda s: (write_tree(s.project.root, {"docs.md": "x"}), s.project.commit()), "of the commit"),
    "other code": (
        lambda s: write_tree(s.project.root, {"vspair/numbers.py": "def double(x):\n    return 3 * x\n"}),
        "stale code",
    ),
    "other raw data": (lambda s: write_tree(s.project.root, {"data/raw.txt": "other\n"}), "stale data"),
    "no receipt behind": (lambda s: (s.away / "prepared/pairs.receipt.json").unlink(), "unreceipted"),
    "other pairs here": (lambda s: s.project.prepare(text="other"), "keep one of them"),
    "other model here": (lambda s: (s.project.prepare(), s.project.train(1, text="other")), "keep one of them"),
    "foreign file here": (lambda s: write_tree(s.into, {MODELS[1]: "other"}), "move that file away"),
    "folder here": (lambda s: (s.into / MODELS[1]).mkdir(parents=True), "found a folder"),
    "link here": (lambda s: (s.into.mkdir(), (s.into / "models").symlink_to(s.away / "models")), "no link on the way"),
    "bundle here": (lambda s: write_tree(s.into, {"bundle.json": "{}"}), "found a bundle"),
    "damaged list here": (lambda s: write_tree(s.into, {"joined.json": "{}"}), "list of what was joined"),
    "Snakemake at work": (lambda s: write_tree(s.project.root, {".snakemake/locks/0.output.lock": "x"}), "its lock"),
    "other inputs are planned": (
        lambda s: s.jobs.update({"models/1/model.receipt.json": ["data:raw.txt"]}),
        "the inputs that the workflow plans",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_stop_the_join_before_anything_is_written(sides, fault):
    spoil, words = FAULTS[fault]
    spoil(sides)
    before = content(sides.into)
    with pytest.raises(VspairError, match=words) as error:
        sides.join()
    assert str(error.value).startswith("expected ")
    assert content(sides.into) == before
    assert sides.noted == []


def test_another_value_of_a_setting_stops_the_join(sides):
    with pytest.raises(VspairError, match=r"training\.epochs = 3, which is 4 now"):
        sides.join(VALUES | {"training.epochs": 4})
    with pytest.raises(VspairError, match="seed 1 is not among the configured"):
        sides.join(VALUES | {"seeds": [0]})


def test_only_a_run_folder_of_this_project_is_joined_into(sides, tmp_path):
    with pytest.raises(VspairError, match="of this project"):
        sides.join(into=tmp_path / "demo")
    sides.away.rename(sides.into)
    sides.away = sides.into
    with pytest.raises(VspairError, match="two run folders"):
        sides.join()


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("mkdir", errno.EROFS, "may only be read, so .joining was not written"),
        ("utime", errno.EPERM, "the system permits no change in"),
        ("replace", errno.EDQUOT, "the disk quota for"),
    ],
)
def test_what_the_machine_refuses_is_said_and_nothing_is_left_by_halves(sides, monkeypatch, call, code, words):
    def refuse(path, *arguments, **options):
        raise OSError(code, os.strerror(code), str(path))

    places = {
        "mkdir": (Path, "mkdir"),
        "utime": (os, "utime"),
        "replace": (Path, "replace"),
    }
    monkeypatch.setattr(*places[call], refuse)
    with pytest.raises(VspairError, match=words):
        sides.join()
    monkeypatch.undo()
    assert not [path for path in sides.into.rglob("*") if path.is_file()]


def test_two_joins_at_once(sides):
    (sides.into / ".joining").mkdir(parents=True)
    with (sides.into / ".joining/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(VspairError, match="no other join"):
            sides.join()


def test_the_list_does_not_excuse_another_content(sides):
    (sides.away / MODELS[1]).unlink()
    sides.join()
    notes = json.loads((sides.into / "joined.json").read_text())
    notes["left_behind"][MODELS[1]] = "0" * 64
    (sides.into / "joined.json").write_text(json.dumps(notes))
    assert (MODELS[1], "edited") in sides.findings()
