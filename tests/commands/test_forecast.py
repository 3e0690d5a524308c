"""The command `forecast` on the real workflow: every rule has a law that its settings can fill, and planted records."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.commands import forecast
from vspair.commands.settings import resolved
from vspair.errors import VspairError
from vspair.provenance.forecast import flat, plan

ROOT = Path(__file__).parents[2]


def run(*arguments):
    parser = argparse.ArgumentParser()
    forecast.add(parser.add_subparsers())
    options = parser.parse_args(["forecast", *map(str, arguments)])
    return options.command(options, ROOT)


def receipt(folder, rule, seconds, configuration):
    """A receipt as a job would leave it, with a planted duration."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"{rule}.csv", "digest": {"sha256": "0" * 64}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:vspair:job:v1",
                "externalParameters": {
                    "rule": rule,
                    "wildcards": {},
                    "preset": "demo",
                    "seed": None,
                    "stochastic": False,
                    "configuration": configuration,
                    "target": f"{rule}.csv",
                },
                "internalParameters": {
                    "threads": 1,
                    "resources": {"gpu": 0},
                    "receipt": f"{rule}.receipt.json",
                    "command": "",
                },
                "resolvedDependencies": [
                    {"name": "code", "digest": {"sha256": "0" * 64}, "annotations": {"script": "x.py", "entries": []}},
                    {"name": "source", "annotations": {"dirty": False}},
                    {"name": "lock", "digest": {"sha256": "0" * 64}},
                ],
            },
            "runDetails": {
                "builder": {"id": "urn:vspair:snakemake", "version": {}},
                "metadata": {"startedOn": "2026-01-01T00:00:00Z", "finishedOn": "2026-01-01T00:00:01Z"},
                "byproducts": [
                    {"name": "machine", "annotations": {"cpu": "a CPU", "cores": 2, "gpu": None}},
                    {"name": "duration", "annotations": {"seconds": seconds}},
                ],
            },
        },
    }
    (folder / f"{rule}.csv").write_text("x\n")
    (folder / f"{rule}.receipt.json").write_text(json.dumps(statement))


@pytest.fixture
def earlier(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    receipt(folder, "theory", 7200.0, resolved(ROOT, "demo", []).select(["theory"]))
    receipt(folder, "fig_theory", 1800.0, {})
    return folder


def test_planted_records_of_every_job_give_their_sum(earlier, capsys):
    assert run("fig_theory", "--preset", "demo", "--cores", "2", "--records", earlier, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    # The figure waits for the computation: 2 h and half an hour, one after the other.
    assert found["jobs"] == 2
    assert found["wall_hours"]["range"] == pytest.approx([2.5] * 3)
    assert found["cpu_core_hours"] == {"range": pytest.approx([2.5] * 3), "unknown": {}}
    assert found["bytes"]["unknown"] == {}


@pytest.mark.slow
def test_a_damaged_receipt_is_one_line_and_the_others_count(earlier, capsys):
    (earlier / "bad.receipt.json").write_text('{"\\u202e": NaN}')
    os.mkfifo(earlier / "fifo.receipt.json")
    arguments = ("fig_theory", "--preset", "demo", "--cores", "2", "--records", earlier)
    assert run(*arguments, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["wall_hours"]["range"] == pytest.approx([2.5] * 3)
    assert found["note"].count("damaged receipt") == 2
    assert run(*arguments) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "damaged receipt" in line]
    assert [line.split("  ")[0].rpartition("/")[2] for line in lines] == ["bad.receipt.json", "fifo.receipt.json"]


@pytest.mark.slow
def test_what_receipts_claim_is_summed_without_overflow(earlier, capsys):
    """The longest duration that a receipt may claim, and settings at the edge of floats."""
    receipt(earlier, "theory", 1e9, {"theory": resolved(ROOT, "demo", []).select(["theory"])["theory"]})
    receipt(earlier, "fig_theory", 1e9, {"a": 1e308, "b": 5e-324})
    assert run("fig_theory", "--preset", "demo", "--cores", "2", "--records", earlier, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["wall_hours"]["range"] == pytest.approx([2e9 / 3600] * 3)


def test_other_settings_make_a_job_unknown(earlier, capsys):
    settings = ["--config", "theory.samples=777"]
    assert run("fig_theory", "--preset", "demo", "--cores", "2", "--records", earlier, *settings) == 0
    text = capsys.readouterr().out
    assert "theory.samples is 777, in the records" in text
    assert "CPU core hours: unknown (no record for: theory); the others add up to 0.5\n" in text
    assert "a CPU, 2 cores" in text


@pytest.mark.slow
def test_every_rule_has_a_law_that_the_settings_fill():
    # A new rule without a law, or a law with a misspelt key, would make forecasts `unknown` for ever.
    tasks, laws, _ = plan(ROOT, {"preset": "paper"}, ["all", "determinism"], cores=8)
    known = flat(resolved(ROOT, "paper", []).model_dump(mode="json"))
    assert len(tasks) > 400
    assert {task.rule for task in tasks} <= set(laws)
    for task in tasks:
        law = laws[task.rule]
        assert set(law.per) <= set(task.wildcards), task
        for quotient in (law.time, law.size):
            assert law.quantity(quotient, known, task.wildcards), (task, quotient)
    trains = {number for number, task in enumerate(tasks) if task.rule == "train"}
    assert all(task.gpu == 1 and task.threads == 4 for task in tasks if task.rule == "train")
    # Each evaluation waits for the training of its model and seed.
    for task in tasks:
        if task.rule == "evaluate":
            # Of filtered back-projection there is none.
            before = [tasks[number].wildcards for number in trains & set(task.before)]
            assert before == ([] if task.wildcards["method"] == "FBP" else [task.wildcards])


@pytest.mark.parametrize("arguments", [["--cores", "0"], ["--gpus", "-1"], ["--records", "/nowhere"]])
def test_impossible_options_are_refused(arguments):
    with pytest.raises(VspairError, match="expected"):
        run("fig_theory", "--preset", "demo", *arguments)


def test_a_plan_that_snakemake_refuses_is_told_in_its_words(earlier):
    with pytest.raises(VspairError, match="no_such_target"):
        run("no_such_target", "--preset", "demo", "--records", earlier)


def test_neither_torch_nor_pandas_is_imported():
    code = (
        "import sys, vspair.commands.forecast, vspair.provenance.forecast as f\n"
        "assert not {'torch', 'pandas', 'matplotlib', 'snakemake'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.slow
def test_what_is_not_here_is_planned_as_if_it_came(tmp_path, capsys):
    """Also in a folder that the user named, where nothing is fetched; what the targets do not need is not told of."""
    given = ("--preset", "quick", "--json", "--config", f"data_dir={tmp_path}")
    notes = {}
    for target in ("inpainting", "tomography", "fig_theory"):
        assert run(target, *given) == 0
        notes[target] = json.loads(capsys.readouterr().out)["note"].splitlines()
    absent = {
        "inpainting": ["MNIST/raw/train-images-idx3-ubyte", "MNIST/raw/train-labels-idx1-ubyte"],
        "tomography": ["ct/ct_slices.h5"],
        "fig_theory": [],
    }
    for target, names in absent.items():
        assert notes[target] == [f"{tmp_path / name} is not here: planned as if it came" for name in names]
    assert list(tmp_path.iterdir()) == []
