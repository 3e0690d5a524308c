"""The rules that only look: what they print is in their log, and what stops them is one sentence."""

import errno
import os

import pytest

from vspair.commands.looking import looking
from vspair.errors import VspairError


def test_what_is_printed_is_shown_and_in_the_log(tmp_path, capsys):
    with looking(tmp_path / "logs/audit.log"):
        print("4 receipts: ± fine")
    assert capsys.readouterr().out == "4 receipts: ± fine\n"
    assert (tmp_path / "logs/audit.log").read_text(encoding="utf-8") == "4 receipts: ± fine\n"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (VspairError("expected receipts, found none"), "expected receipts, found none"),
        (OSError(errno.EIO, os.strerror(errno.EIO), "/disk/a.csv"), "the disk that holds /disk fails"),
    ],
)
def test_what_stops_it_is_one_sentence_after_what_was_said(tmp_path, capsys, error, sentence):
    with pytest.raises(SystemExit) as ended, looking(tmp_path / "audit.log"):
        print("begun")
        raise error
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "begun\n")
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "logs").touch()
    with pytest.raises(SystemExit), looking(tmp_path / "logs/audit.log"):
        print("fine")
    said = capsys.readouterr()
    assert said.out == "fine\n"
    assert "so audit.log was not written" in said.err


def test_a_defect_keeps_its_traceback(tmp_path):
    with pytest.raises(FileNotFoundError), looking(tmp_path / "audit.log"):
        (tmp_path / "gone").read_text()
