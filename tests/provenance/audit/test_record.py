"""Records of audits, and what signing one off binds."""

import json

import pytest

from vspair.__main__ import main
from vspair.provenance.audit.record import evidence
from vspair.provenance.run.chain import Run


def test_a_record_is_bound_to_all_receipts(complete, settings, capsys):
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader", "--note", "looked at"]) == 0
    record = json.loads((complete.run / "audit.json").read_text())
    assert record["signed"] == {"name": "A. Reader", "note": "looked at"}
    assert (record["schema"], record["full"], record["counts"], record["receipts"]) == (1, True, {}, 4)
    assert record["outputs"] == 5
    assert record["evidence"] == evidence(Run(complete.run, complete.root))
    assert main(["audit", str(complete.run)]) == 0
    # An equal rerun has another receipt, with another time in it.
    complete.table()
    assert main(["audit", str(complete.run)]) == 24
    assert "A. Reader signed it off on" in capsys.readouterr().out
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader"]) == 0
    assert main(["audit", str(complete.run)]) == 0


def test_breaks_are_signed_off_only_with_a_note(complete, settings, capsys):
    (complete.run / "tables/table1.md").write_text("x")
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader"]) == 2
    assert "say with --note why they stand" in capsys.readouterr().err
    assert not (complete.run / "audit.json").exists()
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader", "--note", "a typing error mended"]) == 11
    record = json.loads((complete.run / "audit.json").read_text())
    assert record["counts"] == {"edited": 1}
    assert record["findings"][0]["file"] == "tables/table1.md"


def test_an_unsigned_record_binds_nothing(complete, settings):
    assert main(["audit", str(complete.run), "--json", str(complete.run / "audit.json")]) == 0
    complete.table()
    assert main(["audit", str(complete.run)]) == 0


def test_a_damaged_record_is_told(complete, settings, capsys):
    (complete.run / "audit.json").write_text("x")
    assert main(["audit", str(complete.run)]) == 24
    assert "expected the record of an audit" in capsys.readouterr().out


def test_raw_data_that_are_not_there_are_said_to_be_unchecked(complete, settings, capsys):
    """On a fresh clone without the data this is no break, and no silence either."""
    (complete.root / "data").rename(complete.root / "elsewhere")
    assert main(["audit", str(complete.run)]) == 0
    assert "1 raw files were not checked" in capsys.readouterr().out


def test_the_release_check_refuses_a_report_of_results_with_breaks(complete, settings, capsys):
    (complete.run / "tables/table1.md").write_text("x")
    # The tables of a part of the workflow have no ledger.
    assert main(["release-check", str(complete.run)]) == 20
    assert "no report was built" in capsys.readouterr().out
    assert not (complete.run / "report.html").exists()
    assert json.loads((complete.run / "audit.json").read_text())["counts"] == {"edited": 1, "unvouched": 1}


def test_the_release_check_never_writes_over_what_a_person_signed(complete, settings):
    """Else it would launder in two calls what was forged after the signature."""
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader"]) == 0
    signed = (complete.run / "audit.json").read_bytes()
    complete.table()
    # The record is stale, and so nothing vouches for the table.
    for _ in range(2):
        assert main(["release-check", str(complete.run)]) == 20
        assert (complete.run / "audit.json").read_bytes() == signed


def test_the_release_check_is_of_runs_and_not_of_bundles(complete, settings, capsys):
    (complete.run / "bundle.json").write_text('{"format": 1, "left_out": {}}')
    assert main(["release-check", str(complete.run)]) == 2
    assert "found the bundle" in capsys.readouterr().err


def test_the_release_check_builds_a_report_of_clean_results(complete, settings, capsys):
    assert main(["audit", str(complete.run), "--sign-off", "A. Reader"]) == 0
    assert main(["release-check", str(complete.run)]) == 0
    out = capsys.readouterr().out
    assert "verdicts: 1 reproduced" in out
    page = (complete.run / "report.html").read_text()
    assert "A. Reader" in page
    # The record that a person signed is not written over.
    assert json.loads((complete.run / "audit.json").read_text())["signed"]["name"] == "A. Reader"


@pytest.mark.parametrize("signed", ['"me"', "[]", "1"])
def test_a_record_that_nobody_can_have_signed(complete, settings, signed):
    record = '{"schema": 1, "evidence": "x", "signed": %s}'
    (complete.run / "audit.json").write_text(record % signed)
    assert main(["audit", str(complete.run)]) == 24


def test_receipts_that_are_no_files_are_told_and_end_nothing(complete, settings, capsys):
    (complete.run / "tables/folder.receipt.json").mkdir()
    (complete.run / "tables/link.receipt.json").symlink_to("nowhere")
    assert main(["audit", str(complete.run), "--json", "-"]) == 19
    assert json.loads(capsys.readouterr().out)["counts"] == {"damaged receipt": 2}


def test_what_cannot_be_written_is_told_in_one_sentence(complete, settings, capsys, tmp_path):
    assert main(["audit", str(complete.run), "--json", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: expected a file or nothing at")
    assert error.count("\n") == 1


@pytest.mark.parametrize("assignment", ["seeds=[", "seeds={a: b: c}"])
def test_settings_that_are_no_yaml(complete, settings, capsys, assignment):
    assert main(["audit", str(complete.run), "--config", assignment]) == 2
    assert "expected YAML in --config" in capsys.readouterr().err


def test_logs_may_lie_elsewhere(complete, settings, tmp_path):
    """As on clusters; they are no evidence."""
    (tmp_path / "logs").mkdir()
    (complete.run / "logs").rename(tmp_path / "kept")
    (complete.run / "logs").symlink_to(tmp_path / "logs")
    assert main(["audit", str(complete.run)]) == 0
