"""What has changed and decides no result: the audit says so, and all links hold."""

import json

import pytest

from vspair.__main__ import main
from vspair.provenance.audit import audit
from vspair.provenance.audit.notes import notes
from vspair.provenance.run.chain import Run

FRAME, NUMBERS = "vspair/provenance/__init__.py", "vspair/numbers.py"


@pytest.fixture
def checked(project):
    """The whole chain; what the table reaches can fail with a sentence."""
    source = project.root / NUMBERS
    text = source.read_text().replace(
        "    return x / 2", "    if not x:\n        raise ValueError('none')\n    return x / 2"
    )
    source.write_text(text)
    project.commit()
    project.everything()
    return project


def edit(project, name, before, after):
    path = project.root / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def said(project):
    return notes(Run(project.run, project.root))


def test_nothing_changed(checked):
    assert said(checked) == []


def test_a_changed_frame_is_a_note_and_no_break(checked):
    edit(checked, FRAME, "print('seed')", "print('seed', 1)")
    assert said(checked) == ["the frame that records jobs has changed since 4 of 4 receipts"]
    assert audit(checked.run, checked.root) == []


def test_changed_words_are_a_note_for_those_who_reach_them(checked):
    edit(checked, NUMBERS, "'none'", "'nothing'")
    assert said(checked) == ["words of errors and log lines have changed since 1 of 4 receipts"]
    assert audit(checked.run, checked.root) == []


def test_receipts_that_do_not_tell_are_not_counted(checked):
    """Those that were written before frame and words stood in receipts."""
    for path in checked.run.rglob("*.receipt.json"):
        statement = json.loads(path.read_text())
        entries = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        entries[:] = [entry for entry in entries if entry["name"] not in ("frame", "words")]
        path.write_text(json.dumps(statement))
    edit(checked, FRAME, "print('seed')", "print('seed', 1)")
    edit(checked, NUMBERS, "'none'", "'nothing'")
    assert said(checked) == []


def test_notes_stand_after_the_breaks_and_in_the_json_and_change_no_exit_code(checked, settings, capsys):
    edit(checked, FRAME, "print('seed')", "print('seed', 1)")
    sentence = "the frame that records jobs has changed since 4 of 4 receipts"
    assert main(["audit", str(checked.run)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"note: {sentence}"
    assert main(["audit", str(checked.run), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == [sentence]
    (checked.run / "tables/table1.md").unlink()
    assert main(["audit", str(checked.run)]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["tables/table1.md", "note:"]
