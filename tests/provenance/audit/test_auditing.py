import json
import os
import re
import shutil

import pytest

from vspair.errors import VspairError
from vspair.provenance import commit
from vspair.provenance.audit import audit
from vspair.provenance.audit.findings import CODES, Finding, exit_code
from vspair.provenance.run.checksums import memory_of

CONFIGURATION = {"training.epochs": 3, "training.rates": (0.1, 0.2), "seeds": (0, 1)}


def words(project, **changes):
    options = {"configuration": CONFIGURATION, "data_dir": project.root / "data"} | changes
    folder = options.pop("folder", project.run)
    return {(finding.file, finding.word) for finding in audit(folder, project.root, **options)}


OPEN = {("tables/table1.csv", "unvouched")}
LATER = ("later/a.txt", "unvouched")
"""What a full audit says of the tiny project, which has no ledger."""


@pytest.fixture
def settled(monkeypatch):
    """Files count as settled at once."""
    monkeypatch.setattr("vspair.provenance.run.checksums.SETTLED_NS", 0)


def rewrite(path, change):
    statement = json.loads(path.read_text())
    change(statement["predicate"]["buildDefinition"]["externalParameters"])
    path.write_text(json.dumps(statement))


def test_clean(complete):
    assert words(complete) == set()
    assert words(complete, configuration=CONFIGURATION.__getitem__) == set()
    assert words(complete, configuration=None, data_dir=None) == set()


def test_moved_folder_stays_clean(complete, tmp_path):
    moved = tmp_path / "elsewhere" / "copy"
    shutil.copytree(complete.run, moved)
    shutil.rmtree(complete.run)
    assert words(complete, folder=moved) == set()


def test_linked_folder_stays_clean(complete, tmp_path):
    shutil.move(complete.run, tmp_path / "scratch")
    complete.run.symlink_to(tmp_path / "scratch")
    assert words(complete) == set()


def test_edited_table(complete):
    path = complete.run / "tables/table1.csv"
    path.write_text(path.read_text().replace("1.5", "1.4"))
    assert words(complete) == {("tables/table1.csv", "edited")}


def test_edited_intermediate_file(complete):
    (complete.run / "models/1/model.txt").write_text("better")
    assert words(complete) == {("models/1/model.txt", "edited")}


def test_missing_output_and_raw_data(complete):
    (complete.run / "prepared/pairs.txt").unlink()
    assert words(complete) == {("prepared/pairs.txt", "missing")}
    (complete.root / "data/raw.txt").unlink()
    assert words(complete) == {("prepared/pairs.txt", "missing")}
    complete_findings = audit(complete.run, complete.root, data_dir=complete.root / "data")
    assert sorted(finding.sentence.split(":")[0] for finding in complete_findings) == [
        "its input data",
        "the file is gone or may not be read",
    ]


def test_missing_input_that_no_receipt_covers(project):
    project.prepare()
    shutil.copy(project.run / "prepared/pairs.txt", project.run / "notes.txt")
    project.job("count", ["notes.txt"], ["count/n.txt"])
    (project.run / "notes.txt").unlink()
    assert words(project) == {("count/n.txt", "missing")}


def test_stale_code(complete):
    source = complete.root / "vspair/numbers.py"
    source.write_text(source.read_text().replace("return x / 2", "return x / 3  # better"))
    assert words(complete) == {("tables/table1.csv", "stale code")}
    source.write_text(source.read_text().replace("return x / 3", "return x / 2"))
    assert words(complete) == set()


def test_stale_code_when_the_script_is_gone(complete):
    (complete.root / "scripts/table.py").unlink()
    assert words(complete) == {("tables/table1.csv", "stale code")}


def test_stale_data_upstream_remade(complete):
    complete.job(
        "train",
        ["prepared/pairs.txt"],
        ["models/1/model.txt"],
        "another model",
        evidence={"seed": 1, "stochastic": True},
    )
    assert words(complete) == {("tables/table1.csv", "stale data")}


def test_stale_raw_data(complete):
    (complete.root / "data/raw.txt").write_text("new measurement")
    assert words(complete) == {("prepared/pairs.txt", "stale data")}


def test_stale_configuration(project):
    project.prepare()
    project.train(0, evidence={"configuration": {"training.epochs": 3, "training.momentum": 0.9}})
    now = CONFIGURATION | {"training.epochs": 4, "training.momentum": 0.9}
    assert words(project, configuration=now) == {
        ("prepared/pairs.txt", "stale configuration"),
        ("models/0/model.txt", "stale configuration"),
    }
    # A key that is no longer there is stale as well.
    assert words(project) == {("models/0/model.txt", "stale configuration")}


def test_dirty_tree(project):
    (project.root / "vspair/other.py").write_text("")
    project.prepare()
    assert words(project) == {("prepared/pairs.txt", "dirty tree")}


def test_no_commit(project):
    shutil.rmtree(project.root / ".git")
    project.prepare()
    assert words(project) == {("prepared/pairs.txt", "dirty tree")}


def test_unknown_seed(project):
    project.prepare()
    project.train(7)
    assert words(project) == {("models/7/model.txt", "unknown seed")}
    project.train(0, evidence={"seed": None})
    assert ("models/0/model.txt", "unknown seed") in words(project)


def test_a_jobs_own_configured_seed_is_known(project):
    configuration = {"problem.data": {"source": "x", "seed": 41}}
    project.prepare(evidence={"seed": 41, "stochastic": True, "configuration": configuration})
    assert words(project, configuration=CONFIGURATION | configuration) == set()


def test_a_study_has_seeds_of_its_own(project):
    """Else every run of a study with other seeds than the main runs would be an alarm."""
    configuration = {"problem.study.seeds": [41, 42]}
    project.prepare(evidence={"seed": 42, "stochastic": True, "configuration": configuration})
    assert words(project, configuration=CONFIGURATION | configuration) == set()
    project.prepare(evidence={"seed": 43, "stochastic": True, "configuration": configuration})
    assert words(project, configuration=CONFIGURATION | configuration) == {("prepared/pairs.txt", "unknown seed")}


def test_seeds_that_stand_beside_what_a_job_read_are_known(project):
    """A study's seeds are no part of its jobs: one more makes none of them stale."""
    read = {"problem.study.base": {"epochs": 3}}
    project.prepare(evidence={"seed": 42, "stochastic": True, "configuration": read})
    for seeds, found in (([41, 42], set()), ([41], {("prepared/pairs.txt", "unknown seed")})):
        assert words(project, configuration=CONFIGURATION | read | {"problem.study.seeds": seeds}) == found
    elsewhere = {"problem.other.seeds": [42]}
    assert words(project, configuration=CONFIGURATION | read | elsewhere) == {("prepared/pairs.txt", "unknown seed")}


def test_swapped_seeds(complete):
    for seed in (0, 1):
        path = complete.run / f"models/{seed}/model.receipt.json"
        rewrite(path, lambda external: external.update(seed=1 - external["seed"]))
    # The table saw other receipts.
    both = {"models/0/model.txt", "models/1/model.txt"}
    assert words(complete) == {(name, word) for name in both for word in ("unknown seed", "contradiction")}


def test_swapped_models(complete):
    one, two = (complete.run / f"models/{seed}/model.txt" for seed in (0, 1))
    one_text, two_text = one.read_text(), two.read_text()
    one.write_text(two_text)
    two.write_text(one_text)
    assert words(complete) == {("models/0/model.txt", "edited"), ("models/1/model.txt", "edited")}


def test_mixed_presets(complete):
    rewrite(complete.run / "tables/table1.receipt.json", lambda external: external.update(preset="paper"))
    assert words(complete) == {("tables/table1.csv", "mixed runs")}


def test_mixed_configuration_in_one_chain(project):
    project.prepare(evidence={"configuration": {"size": 8}})
    project.train(0, evidence={"configuration": {}})
    project.train(1, evidence={"configuration": {}})
    project.table(evidence={"configuration": {"size": 9}})
    assert words(project, configuration=None) == {("tables/table1.csv", "mixed runs")}


def test_a_receipt_that_was_rewritten_is_told_by_its_neighbours(complete):
    """A forger who changes what a receipt says of the machine, and no checksum."""
    path = complete.run / "models/1/model.receipt.json"
    path.write_text(path.read_text().replace('"cpu": "', '"cpu": "Better '))
    assert words(complete) == {("models/1/model.txt", "contradiction")}


def test_times_of_an_equal_rerun_are_no_contradiction(complete):
    """Made again, the same comes out, in another time."""
    complete.train(1)
    assert words(complete) == set()


def test_the_receipt_of_another_job(complete):
    shutil.copy(complete.run / "models/0/model.receipt.json", complete.run / "models/1/model.receipt.json")
    found = words(complete)
    assert ("models/1/model.receipt.json", "contradiction") in found
    assert ("models/1/model.txt", "unreceipted") in found


def test_a_damaged_receipt_does_not_end_the_audit(complete):
    path = complete.run / "models/1/model.receipt.json"
    path.write_text(path.read_text()[:-30])
    (complete.run / "tables/table1.md").write_text("x")
    found = words(complete)
    assert ("models/1/model.receipt.json", "damaged receipt") in found
    assert ("tables/table1.md", "edited") in found


@pytest.mark.parametrize("outside", ["elsewhere.txt", "prepared/other.txt"])
def test_a_link_in_the_place_of_a_file(complete, tmp_path, outside):
    """The content is the same today; whoever owns the other place can change it tomorrow."""
    path = complete.run / "prepared/pairs.txt"
    target = tmp_path / outside
    target.parent.mkdir(exist_ok=True)
    shutil.move(path, target)
    path.symlink_to(target)
    assert words(complete) == {("prepared/pairs.txt", "edited")}


def test_an_edit_that_keeps_size_and_time_is_seen(complete, settled):
    path = complete.run / "models/1/model.txt"
    before = path.stat()
    assert words(complete) == set()
    assert memory_of(complete.run).exists()
    path.write_text(path.read_text().replace("train", "trail"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert words(complete) == {("models/1/model.txt", "edited")}


def test_remembered_checksums_are_used_and_full_does_not_believe_them(complete, settled):
    assert words(complete) == set()
    memory = memory_of(complete.run)
    known = json.loads(memory.read_text())
    identity, _ = known["files"]["models/1/model.txt"]
    known["files"]["models/1/model.txt"] = [identity, "0" * 64]
    memory.write_text(json.dumps(known))
    assert words(complete) == {("models/1/model.txt", "edited")}
    assert words(complete, full=True) == OPEN
    for damage in ("", "[]", '{"format": 1}', '{"format": 1, "files": [1], "facts": 2}'):
        memory.write_text(damage)
        assert words(complete) == set()


def test_full_looks_commits_up(complete):
    complete.job("later", ["models/1/model.txt"], ["later/a.txt"])
    path = complete.run / "later/a.receipt.json"
    text = path.read_text()
    assert words(complete, full=True) == {*OPEN, LATER}
    known = re.search(r'"gitCommit": "(\w+)"', text)[1]
    path.write_text(text.replace(known, "0" * 40))
    assert words(complete, full=True) == {("later/a.txt", "unknown commit"), *OPEN, LATER}
    # A commit that is there, with other code and another lock.
    files = [complete.root / name for name in ("vspair/numbers.py", "envs/constraints.txt")]
    code, lock = (file.read_text() for file in files)
    files[0].write_text(code.replace("SCALE * x", "SCALE + x"))
    files[1].write_text("")
    complete.commit()
    other = commit(complete.root)[0]
    files[0].write_text(code)
    files[1].write_text(lock)
    complete.commit()
    path.write_text(text)
    assert words(complete, full=True) == {*OPEN, LATER}
    path.write_text(text.replace(known, other))
    assert words(complete) == set()
    found = audit(complete.run, complete.root, full=True)
    sentences = [finding.sentence for finding in found if finding.word == "contradiction"]
    assert [sentence.split(" is ")[0] for sentence in sentences] == ["its code", "its lock envs/constraints.txt"]


def test_two_receipts_for_one_file(complete):
    shutil.copy(complete.run / "prepared/pairs.receipt.json", complete.run / "prepared/old.receipt.json")
    assert ("prepared/pairs.txt", "mixed runs") in words(complete)


def test_unreceipted(complete):
    for name in (
        "tables/extra.csv",
        "logs/a.log",
        "benchmarks/a.tsv",
        "report.html",
        "audit.json.sig",
        "models/0/.hidden",
        "models/0/checkpoint.safetensors",
    ):
        (complete.run / name).parent.mkdir(exist_ok=True)
        (complete.run / name).write_text("x")
    assert words(complete) == {("tables/extra.csv", "unreceipted")}


@pytest.mark.parametrize(("name", "message"), [("absent", "found no folder"), ("empty", "found none")])
def test_nothing_to_audit(project, name, message):
    (project.root / "empty").mkdir()
    with pytest.raises(VspairError, match=message):
        audit(project.root / name, project.root)


def test_a_part_of_a_run_folder(complete):
    with pytest.raises(VspairError, match="of the run folder"):
        audit(complete.run / "tables", complete.root)


def test_exit_codes():
    assert exit_code([]) == 0
    for word, code in CODES.items():
        assert exit_code([Finding("a", word, ""), Finding("b", word, "")]) == code
    assert exit_code([Finding("a", "edited", ""), Finding("b", "missing", "")]) == 20
