import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vspair.__main__ import main

REPOSITORY = Path(__file__).parents[2]


def test_the_command_vspair_is_the_module():
    scripts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"vspair": f"{main.__module__}:{main.__name__}"}


def test_clean_audit(complete, settings, capsys):
    assert main(["audit", str(complete.run)]) == 0
    assert capsys.readouterr().out == (
        "4 receipts of the preset demo checked: every link is still true\n"
        "Nothing but its own receipt vouches for tables/table1.csv: a ledger or a signed record would\n"
    )
    assert settings == {"preset": "demo"}


def test_audit_table_and_json(complete, settings, capsys, tmp_path):
    (complete.run / "tables/table1.csv").write_text("x")
    assert main(["audit", str(complete.run), "--json", str(tmp_path / "audit.json")]) == 11
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["tables/table1.csv", "edited"]
    assert lines[-2] == "4 receipts of the preset demo checked: 1 edited"
    report = json.loads((tmp_path / "audit.json").read_text())
    assert (report["receipts"], report["counts"]) == (4, {"edited": 1})
    assert report["findings"][0].keys() == {"file", "word", "sentence"}
    (complete.run / "tables/extra.csv").write_text("x")
    assert main(["audit", str(complete.run), "--json", "-"]) == 20
    assert json.loads(capsys.readouterr().out)["counts"] == {"edited": 1, "unreceipted": 1}


def test_audit_against_given_settings(complete, settings, capsys):
    assert main(["audit", str(complete.run), "--config", "training.epochs=4", "device=cpu"]) == 14
    assert settings == {"preset": "demo", "training": {"epochs": 4}, "device": "cpu"}
    assert "training.epochs = 3, which is 4 now" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["audit", "absent"], ["why", "absent.csv"], ["why", "scripts/table.py"]])
def test_bad_input_gets_one_sentence(complete, settings, capsys, monkeypatch, arguments):
    monkeypatch.chdir(complete.root)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: expected ")
    assert error.count("\n") == 1


def test_bad_assignment(complete, settings, capsys):
    assert main(["audit", str(complete.run), "--config", "epochs"]) == 2
    assert "expected --config KEY=VALUE" in capsys.readouterr().err


def test_why(complete, settings, capsys):
    assert main(["why", str(complete.run / "tables/table1.csv")]) == 0
    text = capsys.readouterr().out
    for part in (
        "models/0/model.txt",
        "models/1/model.txt",
        "data:raw.txt",
        "rule train (seed=1)",
        "seed 1",
        "shown above",
    ):
        assert part in text
    assert "NO LONGER TRUE" not in text
    command = "snakemake --cores 1 --config preset=demo --force results/demo/tables/table1.csv"
    assert text.splitlines()[-1] == f"remake it with: {command}"


def test_why_as_json(complete, settings, capsys):
    (complete.root / "data/raw.txt").write_text("new")
    assert main(["why", str(complete.run / "models/0/model.txt"), "--json"]) == 0
    chain = json.loads(capsys.readouterr().out)["chain"]
    assert (chain["rule"], chain["seed"], chain["breaks"]) == ("train", 0, [])
    prepared = chain["inputs"][0]
    assert (prepared["file"], prepared["breaks"]) == ("prepared/pairs.txt", ["stale data"])


def test_audit_does_not_import_torch(complete):
    code = (
        "import sys\nfrom vspair.__main__ import main\nimport vspair.provenance\n"
        f"code = main(['audit', {str(complete.run)!r}])\n"
        "assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules), code\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_documents_the_exit_codes():
    command = [sys.executable, "-m", "vspair", "audit", "--help"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert "11 edited" in " ".join(done.stdout.split())


def test_a_reader_that_stops_early_is_no_error():
    """As in `why ... | head -1`: more is written than a pipe holds, to a reader that has gone."""
    much = "m.audit.run = lambda *_: print('x' * 2**20) or 0"
    code = f"import sys, vspair.__main__ as m; {much}; sys.exit(m.main(['audit', '.']))"
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, "")
