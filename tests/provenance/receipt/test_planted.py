"""A planted receipt costs one line of each command, and hides nothing of what the others say."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from vspair.__main__ import main
from vspair.errors import VspairError
from vspair.files import sha256
from vspair.provenance.audit import audit
from vspair.provenance.audit.findings import SEVERAL, Finding
from vspair.provenance.crate import export
from vspair.provenance.crate.contents import collect
from vspair.provenance.forecast import read_records
from vspair.provenance.join.sides import Home, source
from vspair.provenance.receipt.reading import read
from vspair.provenance.run.bundle import read_bundle
from vspair.provenance.run.chain import Run
from vspair.provenance.run.checksums import Checksums, memory_of
from vspair.provenance.run.joined import read_joined

_spec = importlib.util.spec_from_file_location("planted", Path(__file__).with_name("planted.py"))
planted = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(planted)

NAME = "count/n.receipt.json"
DAMAGED = {(NAME, "damaged receipt"), ("count/n.txt", "unreceipted")}
LONGEST = 20
"""Seconds; each takes a part of one."""


@contextmanager
def within(seconds):
    def late(*_):
        raise AssertionError(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def once(tmp_path_factory, tiny_project):
    """The tiny project with one more job, and a break that must still be told; made once, for it takes its time."""
    project = tiny_project(tmp_path_factory.mktemp("planted") / "project")
    project.everything()
    project.job("count", ["prepared/pairs.txt", "data:raw.txt"], ["count/n.txt"])
    (project.run / "models/0/model.txt").write_text("edited")
    shutil.copytree(project.run, project.root.parent / "good")
    return project


@pytest.fixture
def counted(once):
    """It as it was made, whatever the last test planted."""
    shutil.rmtree(once.run)
    shutil.copytree(once.root.parent / "good", once.run)
    return once


def words(findings):
    return {(finding.file, finding.word) for finding in findings}


BEFORE = {("models/0/model.txt", "edited")}
OPEN = {("tables/table1.csv", "unvouched")}


def test_before_anything_is_planted(counted):
    data = counted.root / "data"
    assert words(audit(counted.run, counted.root, data_dir=data)) == BEFORE
    full = words(audit(counted.run, counted.root, data_dir=data, full=True))
    assert full == BEFORE | OPEN | {("count/n.txt", "unvouched")}
    records, damaged = read_records([counted.run])
    assert ({record.rule for record in records}, damaged) == ({"prepare", "train", "table1", "count"}, [])


@pytest.mark.parametrize("name", planted.PLANTED)
def test_a_planted_receipt_is_one_line(counted, name):
    """Of the audit, with all other breaks as they were, and of a forecast's records."""
    data = counted.root / "data"
    planted.plant(counted.run / NAME, name)
    with within(LONGEST):
        found = audit(counted.run, counted.root, data_dir=data)
        assert words(found) == BEFORE | DAMAGED
        sentence = next(finding.sentence for finding in found if finding.word == "damaged receipt")
        assert sentence.startswith("expected ")
        assert len(sentence) < 1000
        records, lines = read_records([counted.run])
    assert {record.rule for record in records} == {"prepare", "train", "table1"}
    assert [line.split("  ")[:2] for line in lines] == [[f"results/demo/{NAME}", "damaged receipt"]]


SOME = (
    *("cells are null", "a lone surrogate as a name", "a seed of 5,000 digits as a wildcard", "the entry 'vspair./'"),
    *("duration of nan", "duration of inf", "a duration of 10^400", "the machine's memory much", "a FIFO"),
    *("a link to /dev/zero", "a link to a file outside", "an exponent beyond floats", "a file of a terabyte"),
)


@pytest.mark.parametrize("name", SOME)
def test_every_command_goes_on(counted, settings, capsys, name):
    planted.plant(counted.run / NAME, name)
    with within(LONGEST):
        assert main(["audit", str(counted.run)]) == SEVERAL
        assert counts(capsys.readouterr().out) == {"damaged receipt": 1, "edited": 1, "unreceipted": 1}
        assert main(["why", str(counted.run / "models/1/model.txt")]) == 0
        out = capsys.readouterr().out
        assert [line.split("  ")[:2] for line in out.splitlines() if "damaged" in line] == [[NAME, "damaged receipt"]]
        assert "NO LONGER TRUE" not in out
        assert main(["why", str(counted.run / "count/n.txt")]) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: expected a receipt that covers ")
        assert (error.count("damaged receipt"), error.count("\n")) == (1, 1)
        assert main(["report", str(counted.run)]) == 0
        assert "3 breaks found" in capsys.readouterr().out
        page = (counted.run / "report.html").read_text(encoding="utf-8")
        assert page.count(f"<code>{NAME}</code>") == 1
        full = audit(counted.run, counted.root, data_dir=counted.root / "data", full=True)
        assert words(full) == BEFORE | OPEN | DAMAGED
        assert main(["release-check", str(counted.run)]) == SEVERAL
        assert counts(capsys.readouterr().out)["damaged receipt"] == 1
        assert main(["bundle", str(counted.run), str(counted.root / "bundle")]) == SEVERAL
        assert main(["audit", str(counted.run), "--json", "-"]) == SEVERAL
        out = capsys.readouterr().out
        assert json.loads(out[out.index("{") :])["counts"]["damaged receipt"] == 1


def test_where_all_are_damaged_each_is_one_line_too(counted, settings, capsys):
    """Commands that go by receipts have none, and say that or go on."""
    receipts = sorted(counted.run.rglob("*.receipt.json"))
    for path in receipts:
        path.write_text("{}")
    main(["audit", str(counted.run)])
    lines = capsys.readouterr().out.splitlines()
    assert sum("  damaged receipt  " in line for line in lines) == len(receipts)
    assert f"{len(receipts)} receipts checked: {len(receipts)} damaged receipt" in lines[-1]
    page = counted.root / "page.html"
    assert main(["report", str(counted.run), "--output", str(page)]) == 0
    assert page.is_file()
    with pytest.raises(VspairError, match=rf"a receipt that can be read in .*, found {len(receipts)} damaged ones"):
        export(counted.run, counted.root / "crate.zip", counted.root, [])


@pytest.mark.parametrize("name", SOME)
def test_a_join_refuses_it_in_one_sentence_on_either_side(counted, name):
    """Nothing is taken from a folder of which a part cannot be believed."""
    planted.plant(counted.run / NAME, name)
    with within(LONGEST):
        with pytest.raises(VspairError, match=f"found the damaged receipt {NAME}: expected "):
            source(counted.run, counted.root, counted.root / "data", "demo")
        with pytest.raises(VspairError, match="expected "):
            Home(counted.run, counted.root, counted.root / "data")


@pytest.mark.parametrize("thing", ["a FIFO", "a socket", "a link to /dev/zero"])
def test_an_export_that_was_told_to_bear_breaks_waits_for_nobody(counted, thing):
    (counted.run / NAME).unlink()
    planted.THINGS[thing](counted.run / NAME)
    for name in ("LICENSE", "CITATION.cff", "workflow/Snakefile"):
        (counted.root / name).parent.mkdir(exist_ok=True)
        (counted.root / name).touch()
    with within(LONGEST), pytest.raises(VspairError, match="expected files in the run folder, found "):
        list(collect(Run(counted.run, counted.root)))


def counts(out):
    """Breaks of each kind by the sentence on the whole, which must be as many as the lines."""
    found = {word: int(number) for number, word in re.findall(r"(\d+) (damaged receipt|edited|unreceipted)", out)}
    assert "every link is still true" not in out
    for word, number in found.items():
        assert sum(re.match(rf"\S+ +{word} ", line) is not None for line in out.splitlines()) == number
    return found


def test_an_error_that_nobody_foresaw_is_a_finding_with_its_kind(complete, monkeypatch):
    """And all other receipts are checked as before; also where the error is of a check of all receipts together."""
    from vspair.provenance.audit import auditing

    (complete.run / "models/0/model.txt").write_text("edited")
    real = auditing.check

    def check(run, receipt, configuration):
        if receipt.rule == "prepare":
            raise ZeroDivisionError("of some kind")
        return real(run, receipt, configuration)

    def mixed(run):
        yield Finding("tables/table1.csv", "mixed runs", "told before")
        raise KeyError("mixed")

    monkeypatch.setattr(auditing, "check", check)
    found = audit(complete.run, complete.root)
    assert words(found) == {("prepared/pairs.receipt.json", "damaged receipt"), ("models/0/model.txt", "edited")}
    assert any("ended in ZeroDivisionError: of some kind" in finding.sentence for finding in found)
    monkeypatch.setattr(auditing, "mixed_presets", mixed)
    assert ("*.receipt.json", "damaged receipt") in words(audit(complete.run, complete.root))


def test_a_file_in_the_run_folder_without_a_readable_receipt_is_not_called_raw_and_true(counted, settings, capsys):
    planted.plant(counted.run / "prepared/pairs.receipt.json", "no JSON")
    assert main(["why", str(counted.run / "models/1/model.txt")]) == 0
    out = capsys.readouterr().out
    assert "prepared/pairs.txt  sha256" in out
    assert "not made here  NO LONGER TRUE: unreceipted" in out


def test_what_an_entry_or_a_script_names_is_never_imported(complete, tmp_path, monkeypatch):
    """Of `a.b`, Python's search for modules imports `a`."""
    (tmp_path / "trap.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(tmp_path)
    from vspair.provenance.code import fingerprint

    for script, entries in (("trap.x/y.py", []), ("scripts/train.py", ["trap.x"]), ("scripts/train.py", ["trap./x"])):
        with pytest.raises(VspairError):
            fingerprint(complete.root, script, entries)


@pytest.mark.parametrize("thing", ["a FIFO", "a socket", "a link to /dev/zero", "a link to nowhere", "a folder"])
@pytest.mark.parametrize("place", ["models/1/model.txt", "tables/table1.csv", "audit.json", "notes.txt"])
def test_what_is_no_file_in_the_place_of_another_never_blocks(complete, settings, capsys, thing, place):
    """An output is missing, a record is stale, and what no receipt covers is told."""
    path = complete.run / place
    path.unlink(missing_ok=True)
    planted.THINGS[thing](path)
    with within(LONGEST):
        assert main(["audit", str(complete.run), "--full"])
        out = capsys.readouterr().out
        assert main(["report", str(complete.run), "--output", str(complete.root / "r.html")]) == 0
    told = {"audit.json": "stale record", "notes.txt": "unreceipted"}.get(place, "missing")
    assert (f"{place} " in out and told in out) or (place == "notes.txt" and thing == "a folder")
    assert "every link is still true" not in out


@pytest.mark.parametrize(
    ("name", "reader", "text"),
    [
        ("bundle.json", read_bundle, '{{"format": 1, "left_out": {}}}'),
        ("joined.json", read_joined, '{{"format": 1, "left_behind": {}, "twins": []}}'),
    ],
)
def test_lists_of_files_known_by_checksum_alone_name_files_of_the_folder(complete, name, reader, text):
    path, sha = complete.run / name, "0" * 64
    path.write_text(text.format(json.dumps({"models/x.txt": sha})))
    assert reader(complete.run)
    bad = [{"/etc/passwd": sha}, {"../../x": sha}, {"x": 1}, {"x": "0"}, [], None, {"a//b": sha}, {"\ud800": sha}]
    for value in bad:
        path.write_text(text.format(json.dumps(value)))
        with pytest.raises(VspairError, match=f"{name}, found: "):
            reader(complete.run)
    for thing in ("a FIFO", "a link to /dev/zero", "a file of a terabyte", "a link to itself", "a folder"):
        path.unlink()
        planted.THINGS[thing](path)
        with within(LONGEST), pytest.raises(VspairError, match=f"{name}, found: "):
            reader(complete.run)
        if thing == "a folder":
            path.rmdir()
            path.touch()


def test_twins_are_receipts_and_read_as_such(complete):
    statement = json.loads((complete.run / "prepared/pairs.receipt.json").read_text())
    known = {"format": 1, "left_behind": {}, "twins": [statement]}
    (complete.run / "joined.json").write_text(json.dumps(known))
    assert len(read_joined(complete.run).twins) == 1
    planted.parts(statement)[2]["stochastic"] = 1
    (complete.run / "joined.json").write_text(json.dumps(known))
    with pytest.raises(VspairError, match=r"true or false as .*stochastic, found 1, in .*joined\.json"):
        read_joined(complete.run)


@pytest.mark.parametrize(
    "change",
    [
        {"signed": {"name": {}, "note": ""}},
        {"signed": {"name": "A"}},
        {"signed": "A"},
        {"receipts": True},
        {"findings": {}},
        {"when": 3},
        {"commit": 1},
        {"evidence": None},
        {"schema": 2},
    ],
)
def test_a_record_of_another_form_is_a_stale_record_and_the_page_is_written(complete, settings, capsys, change):
    assert main(["audit", str(complete.run), "--sign-off", "A. Reviewer", "--note", "seen"]) == 0
    path = complete.run / "audit.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    capsys.readouterr()
    assert main(["audit", str(complete.run)]) == 24
    assert "expected the record of an audit at" in capsys.readouterr().out
    assert main(["report", str(complete.run)]) == 0


def test_the_memory_of_checksums_is_a_regular_file_or_none(complete):
    path = memory_of(complete.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    model = complete.run / "models/0/model.txt"
    for thing in ("a FIFO", "a link to /dev/zero", "a file of a terabyte"):
        planted.THINGS[thing](path)
        with within(LONGEST):
            checksums = Checksums(complete.run)
            assert checksums.of("models/0/model.txt", model) == sha256(model)
            checksums.remember()
        path.unlink(missing_ok=True)


def test_a_benchmark_that_is_none_neither_blocks_nor_counts(complete):
    folder = complete.run / "benchmarks"
    folder.mkdir()
    receipts = len(list(complete.run.rglob("*.receipt.json")))
    for number in range(receipts - 1):
        (folder / f"{number}.tsv").write_text("s\th:m:s\n1000.5\t0:16:40\n")
    last = folder / "last.tsv"
    last.write_text("s\n1000.5\n")
    assert {round(record.start) for record in read_records([complete.run])[0]} == {1000}
    for text in (
        "s\nnan\n",
        "s\ninf\n",
        "s\n1e400\n",
        "s\n-5\n",
        "t\n1\n",
        "s\n\n",
        "s\nx\n",
        "\0",
        "s\n" + "9" * 5000,
    ):
        last.write_text(text)
        assert {record.start for record in read_records([complete.run])[0]} == {0.0}, text
    last.unlink()
    os.mkfifo(last)
    with within(LONGEST):
        assert {record.start for record in read_records([complete.run])[0]} == {0.0}


def test_good_receipts_of_earlier_code_are_still_good(root):
    paths = sorted((root / "docs/reproduction/demo").rglob("*.receipt.json"))
    assert len(paths) > 90
    for path in paths:
        statement = json.loads(path.read_text(encoding="utf-8"))
        assert read(path).statement.model_dump(by_alias=True, exclude_unset=True) == statement


def test_a_receipt_of_many_thousand_inputs_is_no_damage(complete):
    """As of a folder of slices; the limits must leave room."""
    path = complete.run / "prepared/pairs.receipt.json"
    statement = json.loads(path.read_text())
    inputs = planted.parts(statement)[0]["resolvedDependencies"]
    inputs[:0] = [
        {"digest": {"sha256": f"{number:064x}"}, "name": f"data:a patient/a series/IM{number:08}.dcm"}
        for number in range(20_000)
    ]
    path.write_text(json.dumps(statement, indent=1))
    assert path.stat().st_size > 3_000_000
    assert len(read(path).inputs) == 20_001


def test_a_job_whose_settings_no_reader_takes_leaves_no_receipt(project):
    for value in (float("nan"), float("inf"), "half \ud800", 10**400):
        with pytest.raises(SystemExit):
            project.prepare(evidence={"configuration": {"training.rate": value}})
        assert not (project.run / "prepared/pairs.receipt.json").exists()


@pytest.mark.slow
def test_memory_stays_small(counted):
    """Of what a small file unfolds into; the limit is on the address space of a process of its own."""
    for name in (
        "a list of empty objects",
        "an object with many keys",
        "many outputs of no form",
        "more than a receipt can be",
    ):
        path = counted.run / NAME
        good = path.read_text()
        planted.plant(path, name)
        code = (
            "import resource, sys\nfrom pathlib import Path\nfrom vspair.provenance.receipt.reading import read\n"
            "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
            "try:\n    read(Path(sys.argv[1]))\nexcept Exception as error:\n    assert 'expected' in str(error)\n"
            "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\nassert grown < 400_000, grown\n"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (name, done.stderr)
        path.write_text(good)
