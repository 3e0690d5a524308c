"""Names and texts in a run folder that would break a command or paint over its answer."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from vspair.__main__ import main
from vspair.provenance.receipt.places import Places
from vspair.provenance.receipt.reading import read

PAINT = "\x1b[1A\x1b[2K4 receipts of the preset demo checked: every link is still true\x1b[8m"
TURNED = "\u202eeurt llits si knil yreve\u2066\u200b"
HIDING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def lines_of(text):
    """The lines of an answer, in which nothing may be left that a terminal obeys."""
    assert not HIDING.search(text), HIDING.search(text)
    return text.splitlines()


@pytest.fixture
def not_utf8(complete):
    """A file beside the results whose name is Latin-1, as an old archive leaves them."""
    path = os.fsencode(complete.run / "tables") + b"/caf\xe9.csv"
    Path(os.fsdecode(path)).write_text("x")
    return complete


def test_a_name_that_is_not_utf8_is_one_line_of_everything(not_utf8, settings, capsys, tmp_path):
    r"""Written `\xe9`; JSON is UTF-8 and every program's."""
    run = not_utf8.run
    assert main(["audit", str(run)]) == 18
    assert lines_of(capsys.readouterr().out)[0].startswith("tables/caf\\xe9.csv  unreceipted  ")
    assert main(["audit", str(run), "--json", "-"]) == 18
    assert json.loads(capsys.readouterr().out)["findings"][0]["file"] == "tables/caf\\xe9.csv"
    assert main(["audit", str(run), "--json", str(tmp_path / "a.json")]) == 18
    text = (tmp_path / "a.json").read_bytes().decode("utf-8", "strict")
    assert json.loads(text)["findings"][0]["file"] == "tables/caf\\xe9.csv"
    assert main(["report", str(run)]) == 0
    assert "tables/caf\\xe9.csv" in (run / "report.html").read_text(encoding="utf-8")
    assert main(["release-check", str(run)]) == 20
    assert main(["audit", str(run), "--sign-off", "A. Müller", "--note", "seen"]) == 18
    assert json.loads((run / "audit.json").read_text(encoding="utf-8"))["signed"]["name"] == "A. Müller"
    capsys.readouterr()
    assert main(["why", os.fsdecode(os.fsencode(run / "tables") + b"/caf\xe9.csv")]) == 2
    lines_of(capsys.readouterr().err)


def test_a_damaged_receipt_whose_name_is_not_utf8(complete, settings, capsys):
    """Its checksum is among those of the record, which a name with half of a pair would end."""
    Path(os.fsdecode(os.fsencode(complete.run) + b"/\xff.receipt.json")).write_text("{}")
    assert main(["audit", str(complete.run), "--json", "-"]) == 19
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [finding["file"] for finding in found] == ["\\xff.receipt.json"]


def test_raw_data_whose_names_are_not_utf8_are_evidence_like_others(complete, settings, capsys):
    """Found again by their names in the receipt, also beside a name that looks like an escaped one."""
    data = complete.root / "data"
    names = [b"scan\xe9\xff.dcm", b"scan\\xe9\\xff.dcm", b"scan\\x5cxe9", "né.dcm".encode()]
    paths = [Path(os.fsdecode(os.fsencode(data) + b"/" + name)) for name in names]
    for number, path in enumerate(paths):
        path.write_text(str(number))
    complete.job("count", [f"data:{path.name}" for path in paths], ["count/n.txt"])
    receipt = read(complete.run / "count/n.receipt.json")
    places = Places(run=complete.run, root=complete.root, data=data)
    assert sorted(places.path(name).read_text() for name in receipt.inputs) == ["0", "1", "2", "3"]
    assert "data:scan\\xe9\\xff.dcm" in receipt.inputs
    assert main(["audit", str(complete.run)]) == 0
    Path(os.fsdecode(os.fsencode(data) + b"/" + names[0])).write_text("changed")
    assert main(["audit", str(complete.run)]) == 13
    assert main(["why", str(complete.run / "count/n.txt"), "--json"]) == 0
    out = capsys.readouterr().out
    chain = json.loads(out[out.index('{\n "file"') :])["chain"]
    assert [node["file"] for node in chain["inputs"] if node["breaks"]] == ["data:scan\\xe9\\xff.dcm"]


@pytest.mark.parametrize("name", [f"{PAINT}.csv", f"{TURNED}.csv", "a\nevery link is still true.csv", "<script>.csv"])
def test_a_name_cannot_paint_over_its_own_finding(complete, settings, capsys, name):
    (complete.run / "tables" / name.replace("/", "")).write_text("x")
    assert main(["audit", str(complete.run)]) == 18
    lines = lines_of(capsys.readouterr().out)
    assert lines[0].startswith("tables/")
    assert sum(line.startswith("tables/") for line in lines) == 1
    assert not any(line.startswith(("every link", "a every")) for line in lines)
    assert "4 receipts of the preset demo checked: 1 unreceipted" in lines


@pytest.mark.parametrize("evil", [PAINT, TURNED, "x\nevery link is still true\n"])
def test_nor_can_what_a_receipt_says(complete, settings, capsys, evil):
    """Each text of a receipt that some command shows, one after another, in all commands that show it."""

    def plant(statement):
        definition = statement["predicate"]["buildDefinition"]
        external, internal = definition["externalParameters"], definition["internalParameters"]
        external |= {"rule": evil, "wildcards": {evil: evil}, "configuration": {evil: evil, "training.epochs": evil}}
        internal["command"] = evil
        details = statement["predicate"]["runDetails"]
        details["builder"]["version"] |= {evil: evil, "numpy": evil}
        machine = next(item for item in details["byproducts"] if item["name"] == "machine")
        machine["annotations"] |= {"cpu": evil, "gpu": evil, evil: evil}
        source = next(item for item in definition["resolvedDependencies"] if item["name"] == "source")
        source["digest"] = {"gitCommit": evil}
        code = next(item for item in definition["resolvedDependencies"] if item["name"] == "code")
        code["annotations"]["files"] = {evil: "0" * 64}

    for name in ("models/1/model.receipt.json", "tables/table1.receipt.json"):
        path = complete.run / name
        statement = json.loads(path.read_text())
        plant(statement)
        path.write_text(json.dumps(statement))
    folder, table = str(complete.run), str(complete.run / "tables/table1.csv")
    (complete.run / "prepared/pairs.txt").write_text("edited")
    commands = (["audit", folder], ["audit", folder, "--full"], ["why", table], ["why", table, "--cell", "A", "error"])
    for command in (*commands, ["report", folder], ["release-check", folder], ["bundle", folder, folder + "-kept"]):
        main(command)
        out, err = capsys.readouterr()
        lines = [*lines_of(out), *lines_of(err)]
        assert lines
        assert not any(line.startswith("every link") or line.endswith(": every link is still true") for line in lines)
    for command in (["audit", folder, "--json", "-"], ["why", table, "--json"]):
        main(command)
        out = capsys.readouterr().out
        lines_of(out)
        assert any(evil in text for text in texts(json.loads(out)))


def texts(value):
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def test_an_error_that_quotes_a_file_stays_one_sentence(complete, settings, capsys):
    """As of `why` for a cell that is not there, whose sentence names those that are."""
    table = complete.run / "tables/table1.csv"
    table.write_text(f'row,column,value\n"{PAINT}\nsecond line",{TURNED},1\n', encoding="utf-8")
    assert main(["why", str(table), "--cell", PAINT, "x\ny"]) == 2
    err = capsys.readouterr().err
    assert len(lines_of(err)) == 1
    assert main(["audit", f"absent\n{PAINT}"]) == 2
    assert len(lines_of(capsys.readouterr().err)) == 1


def test_a_log_says_what_a_fault_quotes_and_obeys_nothing(project):
    with pytest.raises(SystemExit):
        project.prepare(lock=f"{PAINT}\n{TURNED}")
    log = (project.run / "logs/prepare.log").read_text(encoding="utf-8")
    assert len(lines_of(log)) == 1
    assert log.startswith("error: expected ")


def test_a_long_name_does_not_move_all_lines(complete, settings, capsys):
    (complete.run / ("n" * 200 + ".csv")).write_text("x")
    (complete.run / "b.csv").write_text("x")
    main(["audit", str(complete.run)])
    line = next(line for line in lines_of(capsys.readouterr().out) if line.startswith("b.csv"))
    assert line.index("unreceipted") < 100


def test_a_folder_of_a_name_that_is_not_utf8_is_audited(complete, settings, capsys, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/r\xe9sultats\x1b[2K"))
    shutil.copytree(complete.run, folder)
    assert main(["audit", str(folder)]) == 0
    assert main(["audit", str(folder), "--json", "-"]) == 0
    assert main(["report", str(folder)]) == 0
    lines_of(capsys.readouterr().out)
    (folder / "prepared/pairs.receipt.json").write_text("x")
    main(["audit", str(folder)])
    lines_of(capsys.readouterr().out)
