"""`python -m vspair report`: the page of a real little run, with what the audit finds now."""

import argparse
import importlib.util
import json
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from vspair.commands import report
from vspair.errors import VspairError
from vspair.provenance.run.chain import Run

REPOSITORY = Path(__file__).parents[2]
VALUES = {"training.epochs": 3, "training.rates": [0.1, 0.2], "seeds": [0, 1]}
PUBLISHED = """
table1: {conditions: {}, reasons: {}, values: {A: {error: [1.4, 0.2]}}}
fig7: {conditions: {}, reasons: {}, values: {B: {r: [0.5, 0.1], ratio: [2, 0]}}}
"""


@pytest.fixture
def complete(tmp_path, monkeypatch):
    """The tiny project of the tests of provenance, finished, with a caption and published numbers."""
    path = REPOSITORY / "tests/provenance/conftest.py"
    spec = importlib.util.spec_from_file_location("provenance_conftest", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = tmp_path / "project"
    root.mkdir()
    project = module.Project(root)
    sources = {"workflow/captions/table1.rst": "Errors of ``A``.\n", "config/published/paper.yaml": PUBLISHED}
    module.write_tree(root, sources)
    project.commit()
    project.everything()

    def resolve(root, overrides):
        return types.SimpleNamespace(data_dir=None, select=lambda keys: {key: VALUES[key] for key in keys})

    monkeypatch.setattr("vspair.commands.settings.resolve", resolve)
    return project


def call(project, *arguments):
    """Run the command; gives its exit code."""
    parser = argparse.ArgumentParser()
    report.add(parser.add_subparsers())
    options = parser.parse_args(["report", str(project.run), *arguments])
    return options.command(options, project.root)


def chains(text):
    return json.loads(re.search(r'id="chains">(.*?)</script>', text, re.DOTALL)[1])


def test_a_clean_run(complete, capsys):
    assert call(complete) == 0
    output = complete.run / "report.html"
    assert capsys.readouterr().out == f"{output}: no breaks found by the audit\n"
    text = output.read_text(encoding="utf-8")
    assert "No break was found" in text
    assert "Errors of <code>A</code>." in text
    data = chains(text)
    (cell,) = [cell for cell in data["cells"] if cell["file"] == "tables/table1.csv"]
    assert (cell["value"], cell["verdict"]) == ("1.5", "reproduced")
    assert data["shared"]["cell_inputs"][cell["inputs"]] == ["models/1/model.txt"]
    assert len(data["jobs"]) == 4
    assert str(complete.root) not in text


def test_the_page_itself_is_no_break(complete):
    """Else the second page would say that the first is not covered by a receipt."""
    call(complete)
    call(complete)
    assert "No break was found" in (complete.run / "report.html").read_text(encoding="utf-8")


def test_breaks_stand_first_and_are_no_error_of_the_command(complete, capsys, tmp_path):
    (complete.run / "models/1/model.txt").write_text("edited")
    assert call(complete, "--output", str(tmp_path / "page.html")) == 0
    assert "1 break found" in capsys.readouterr().out
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No break was found" not in text
    assert ["models/1/model.txt", "edited"] in [finding[:2] for finding in chains(text)["findings"]]
    assert not (complete.run / "report.html").exists()


def test_given_settings_are_compared(complete, monkeypatch, capsys):
    monkeypatch.setitem(VALUES, "training.epochs", 4)
    assert call(complete, "--config", "training.epochs=4") == 0
    assert "no breaks" not in capsys.readouterr().out


def test_a_sentence_with_a_place_of_this_machine_loses_it(complete, monkeypatch):
    found = [report.Finding("tables/table1.csv", "stale code", f"see {complete.root}/vspair and {complete.run}/x")]
    run = Run(complete.run, complete.root)
    monkeypatch.setattr(report, "audit_of", lambda *_: (run, found))
    call(complete)
    text = (complete.run / "report.html").read_text(encoding="utf-8")
    assert "see vspair and x" in text
    assert str(complete.root) not in text


def test_verdicts_count_what_was_not_run(complete):
    counts = report.verdicts(Run(complete.run, complete.root), complete.root)
    assert {word: count for word, count in counts.items() if count} == {"reproduced": 1, "not run": 2}


def test_what_was_not_checked_is_said(complete):
    """Without the data folder the words 'every link from raw data' would promise too much."""
    call(complete)
    assert "not there to be checked" not in (complete.run / "report.html").read_text(encoding="utf-8")
    (complete.root / "data/raw.txt").unlink()
    (complete.root / "data").rmdir()
    call(complete)
    assert "not there to be checked: 1;" in (complete.run / "report.html").read_text(encoding="utf-8")


def test_an_absent_folder_gets_one_sentence(complete):
    complete.run = complete.run.parent / "absent"
    with pytest.raises(VspairError, match="expected a run folder at"):
        call(complete)


def test_the_captions_and_published_numbers_of_the_project():
    captions, published = report.captions(REPOSITORY), report.published(REPOSITORY)
    assert {"table3", "fig3", "fig_theory"} <= captions.keys()
    assert {"table3", "table8", "fig7", "lambda3"} <= published.keys()
    assert sum(len(numbers.values) for numbers in published.values()) >= 62


def test_importing_the_command_is_light():
    """The parser of every command is built for each call: it must not wait for libraries that only one needs."""
    code = "import sys, vspair.commands.report; print({'torch', 'pandas', 'matplotlib', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_changed_frame_is_told_and_no_break(complete):
    path = complete.root / "vspair/provenance/__init__.py"
    path.write_text(path.read_text().replace("'seed'", "'another seed'"))
    assert call(complete) == 0
    text = (complete.run / "report.html").read_text()
    assert "the frame that records jobs has changed since 4 of 4 receipts" in text
    assert "No break was found" in text
