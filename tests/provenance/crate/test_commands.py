"""`python -m vspair export` and `import`, from the command line to the exit code."""

import json
import subprocess
import sys
import types

import pytest

import vspair
from vspair.__main__ import main
from vspair.commands import export, importing

VALUES = {"training.epochs": 3, "training.rates": [0.1, 0.2], "seeds": [0, 1]}


@pytest.fixture
def command_line(crates, monkeypatch):
    """The command line at work in the tiny project."""

    def resolve(root, overrides):
        values = VALUES | {"training.epochs": overrides.get("training", {}).get("epochs", 3)}
        return types.SimpleNamespace(data_dir=None, select=lambda keys: {key: values[key] for key in keys})

    monkeypatch.setattr(vspair, "__file__", str(crates.project.root / "vspair/__init__.py"))
    monkeypatch.setattr("vspair.commands.settings.resolve", resolve)
    monkeypatch.setattr("vspair.__main__.COMMANDS", (export, importing))
    return lambda *arguments: main([str(argument) for argument in arguments])


def test_there_and_back(crates, command_line, tmp_path, capsys):
    crate, back = tmp_path / "crate.zip", tmp_path / "back/demo"
    assert command_line("export", crates.project.run, crate, "--without", "model.txt") == 0
    said = capsys.readouterr().out
    assert f"{crate}: 4 jobs" in said
    assert "listed but left out: 2 files" in said
    assert command_line("import", crate, back) == 0
    said = capsys.readouterr().out
    assert "every checksum of the crate holds" in said
    assert "a bundle: 2 files were left out" in said
    assert (back / "tables/table1.csv").read_bytes() == (crates.project.run / "tables/table1.csv").read_bytes()


def test_breaks_are_exported_only_when_asked_for(crates, command_line, tmp_path, capsys):
    """An edited result, and settings that are not those of the run."""
    (crates.project.run / "models/0/model.txt").write_text("better")
    crate = tmp_path / "crate"
    assert command_line("export", crates.project.run, crate) == 2
    assert "1 edited" in capsys.readouterr().err
    assert not crate.exists()
    assert command_line("export", crates.project.run, crate, "--with-breaks", "--config", "training.epochs=4") == 0
    assert "the crate states 5 breaks" in capsys.readouterr().out
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    audit = next(entity for entity in graph if entity["@id"] == "#audit")
    assert audit["description"] == "4 receipts checked: 1 edited, 4 stale configuration"


def test_without_the_library_nothing_begins(crates, command_line, tmp_path, capsys, monkeypatch):
    """It is an extra: who only reads crates back, or makes none, does without."""
    crate = tmp_path / "crate.zip"
    assert command_line("export", crates.project.run, crate) == 0
    monkeypatch.setattr("vspair.provenance.crate.graph.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "rocrate", None)
    assert command_line("export", crates.project.run, tmp_path / "other.zip") == 2
    assert "pip install 'vspair[exchange]'" in capsys.readouterr().err
    assert command_line("import", crate, tmp_path / "back/demo") == 0


def test_bad_input_is_one_sentence(crates, command_line, tmp_path, capsys):
    assert command_line("export", tmp_path / "nowhere", tmp_path / "crate") == 2
    assert command_line("import", tmp_path / "nowhere.zip", tmp_path / "demo") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "error"]


def test_starting_the_commands_imports_nothing_heavy():
    """Other commands join the same parser and must stay light."""
    code = (
        "import sys, vspair.commands.export, vspair.commands.importing;"
        "print([name for name in ('rocrate', 'torch', 'pandas', 'matplotlib', 'tqdm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
