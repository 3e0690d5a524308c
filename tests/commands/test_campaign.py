"""The command `campaign` with a stand-in for Snakemake that notes what it is asked for, and sleeps."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from vspair.__main__ import main
from vspair.commands import campaign, interrupting
from vspair.commands.interrupting import KilledError, run_for

ROOT = Path(__file__).parents[2]
STAND_IN = """
import json, os, pathlib, sys, time
words = sys.argv[1:]
with open("calls.jsonl", "a") as file:
    file.write(json.dumps(words) + "\\n")
if "--unlock" in words:
    sys.exit(0)
targets = words[words.index("--scheduler-greediness") + 2 : words.index("--config")]
behaviour = json.loads(pathlib.Path("behaviour.json").read_text())
try:
    pathlib.Path("started").touch()
    for target in targets:
        if target == "section":
            continue
        time.sleep(behaviour.get("sleep", {}).get(target, 0))
        folder = pathlib.Path("results/demo/figures" if target.startswith("fig") else "results/demo/tables")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{target}.receipt.json").write_text("{}")
except KeyboardInterrupt:
    if behaviour.get("deaf"):
        time.sleep(60)
    pathlib.Path("interrupted").touch()
    sys.exit(1)
sys.exit(1 if set(behaviour.get("fail", ())) & set(targets) else 0)
"""
STEPS = [
    {"name": "one", "tells": "first", "targets": ["table3", "fig3"], "config": {"seeds": [0]}},
    {"name": "two", "tells": "second", "targets": ["table5"], "config": {"inpainting": {"compare": ["vsPAIR"]}}},
    {"name": "three", "tells": "third", "targets": ["table3"], "config": {"seeds": [0, 1]}},
]


class Folder:
    """A project's folder with the real configuration, a campaign, and the stand-in."""

    def __init__(self, path, monkeypatch):
        self.path = path
        (path / "config").symlink_to(ROOT / "config")
        (path / "snakemake.py").write_text(STAND_IN)
        self.behave()
        self.write(preset="demo", config={"device": "cpu"}, steps=STEPS)
        monkeypatch.setattr("vspair.__file__", str(path / "vspair/__init__.py"))
        monkeypatch.delenv("PYTHONPATH", raising=False)

    def behave(self, **behaviour):
        (self.path / "behaviour.json").write_text(json.dumps(behaviour))

    def write(self, **campaign):
        (self.path / "mine.yaml").write_text(yaml.safe_dump(campaign))

    def run(self, *more):
        return main(["campaign", str(self.path / "mine.yaml"), "--cores", "2", *more])

    def calls(self):
        """What the stand-in was asked for since the last look."""
        file = self.path / "calls.jsonl"
        calls = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        file.unlink(missing_ok=True)
        return calls

    def targets(self):
        return [call[call.index("--scheduler-greediness") + 2 : call.index("--config")] for call in self.calls()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return Folder(tmp_path, monkeypatch)


def test_steps_run_in_their_order_with_their_settings(folder, capfd):
    assert folder.run("--gpus", "2", "--jobs-per-gpu", "3", "--config", "inpainting.data.train=900") == 0
    first, second, third = folder.calls()
    assert first == [
        *("--cores", "2", "--resources", "gpu=6", "--keep-going"),
        *("--prioritize", "table3", "--scheduler-greediness", "1", "table3", "fig3"),
        *(
            "--config",
            "preset=demo",
            "device=cpu",
            "seeds=[0]",
            'inpainting={"data": {"train": 900}}',
            "jobs_per_gpu=3",
        ),
    ]
    assert 'inpainting={"compare": ["vsPAIR"], "data": {"train": 900}}' in second
    assert "seeds=[0, 1]" in third
    out = capfd.readouterr().out
    places = [
        out.index(words) for words in ("1/3, one: first", "2/3, two: second", "3/3, three: third", "1 one: finished")
    ]
    assert places == sorted(places)
    assert "go on with" not in out


def test_when_the_time_is_over_it_stops_and_goes_on_where_it_was(folder, capfd):
    folder.behave(sleep={"table5": 60})
    begun = time.monotonic()
    assert folder.run("--seconds", "8") == campaign.TIME_OVER
    assert 8 <= time.monotonic() - begun < 40
    assert (folder.path / "interrupted").exists()
    assert folder.targets() == [["table3", "fig3"], ["table5"]]
    out = capfd.readouterr().out
    assert "1 one: finished\n    made: table3 fig3\n2 two: interrupted\n    not there: table5\n3 three: to come" in out
    again = f"go on with: python -m vspair campaign {folder.path}/mine.yaml --seconds 8 --cores 2 --gpus 1\n"
    assert out.endswith(again)

    assert folder.run("--list") == 0
    assert folder.calls() == []
    folder.behave()
    assert folder.run("--seconds", "60") == 0
    assert folder.targets() == [["table5"], ["table3"]]
    # In the end there is nothing left; a step that is named is looked at anew.
    assert folder.run() == 0
    assert folder.calls() == []
    assert folder.run("--from", "three") == 0
    assert folder.targets() == [["table3"]]


def test_a_failed_step_stops_no_other_and_is_named(folder, capfd):
    folder.behave(fail=["table5"])
    assert folder.run() == campaign.FAILED
    assert len(folder.calls()) == 3
    assert "2 two: failed" in (out := capfd.readouterr().out)
    assert "failed: two; the reason stands above" in out
    # A narrower step would make anew what a wider one has made since.
    assert folder.run() == 0
    assert folder.calls() == []


def test_a_step_that_was_changed_is_run_again(folder, capfd):
    assert folder.run() == 0
    folder.calls()
    changed = STEPS[2] | {"targets": ["table8", "section"]}
    folder.write(preset="demo", config={"device": "cpu"}, steps=[*STEPS[:2], changed])
    assert folder.run() == 0
    assert folder.targets() == [["table8", "section"]]
    # A section has no receipt of its own.
    assert "3 three: finished\n    made: table8 section\n" in capfd.readouterr().out


def test_a_changed_step_behind_which_another_has_ended_is_passed_by(folder, capfd):
    """It is narrower: run again it would make anew what the wider one has made."""
    assert folder.run() == 0
    folder.calls()
    folder.write(preset="demo", config={"device": "cpu"}, steps=[STEPS[0] | {"targets": ["table8"]}, *STEPS[1:]])
    assert folder.run() == 0
    assert folder.calls() == []
    assert "1 one: changed since, and passed by" in (out := capfd.readouterr().out)
    assert "go on with" not in out
    assert folder.run("--from", "one") == 0
    assert len(folder.calls()) == 3


@pytest.mark.slow
def test_what_does_not_end_is_killed_and_unlocked(folder, capfd, monkeypatch):
    monkeypatch.setattr(campaign, "run_for", lambda *words: run_for(*words, grace=1.0))
    folder.behave(sleep={"table3": 60}, deaf=True)
    assert folder.run("--seconds", "6") == campaign.TIME_OVER
    assert ["--unlock" in call for call in folder.calls()] == [False, True]
    assert "was killed; its lock is lifted now" in capfd.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_the_users_is_passed_on(folder, number):
    folder.behave(sleep={"table3": 60})

    def interrupt():
        while not (folder.path / "started").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=interrupt, daemon=True).start()
    assert folder.run() == campaign.INTERRUPTED
    assert (folder.path / "interrupted").exists()


def test_a_command_in_the_background_of_a_script_can_be_interrupted(tmp_path):
    """A shell has INT ignored there, and children inherit that."""
    ignoring = f"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from pathlib import Path
from vspair.commands.interrupting import run_for
import sys
child = [sys.executable, "-c", "import time; time.sleep(60)"]
print(run_for(child, Path({str(tmp_path)!r}), 1.0, 20.0))
"""
    found = subprocess.run([sys.executable, "-c", ignoring], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stdout == "None\n", found.stderr


def test_what_was_started_is_killed_too(tmp_path):
    """Children that outlive their parent would hold the device."""
    child = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
    parent = (
        "import pathlib, signal, subprocess, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "pathlib.Path('pid').write_text(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(KilledError):
        run_for([sys.executable, "-c", parent], tmp_path, 2.0, 0.5)
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_handlers_of_before_are_back(tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert run_for([sys.executable, "-c", "raise SystemExit(5)"], tmp_path, None) == 5
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert interrupting.GRACE > 10


STEP = STEPS[0]


@pytest.mark.parametrize(
    ("campaign", "sentence"),
    [
        ({"preset": "demo", "steps": [STEP, STEP]}, "steps must have names of their own, found one twice"),
        ({"preset": "demo", "steps": []}, "steps: must have at least 1 of them"),
        ({"steps": [STEP]}, "'preset' is missing"),
        ({"preset": "demo", "steps": [STEP | {"seeds": [0]}]}, "unknown key 'steps.0.seeds'"),
        (
            {"preset": "demo", "steps": [STEP | {"targets": ["--unlock"]}]},
            "expected names of targets, found '--unlock'",
        ),
        (
            {"preset": "demo", "steps": [STEP | {"config": {"preset": "paper"}}]},
            "preset is said for the whole campaign",
        ),
        (
            {"preset": "demo", "steps": [STEP], "config": {"inpainting": {"compare": None}}},
            "expected a value for inpainting.compare, found none: leave the key out",
        ),
        (
            {"preset": "demo", "steps": [STEP, STEP | {"name": "b", "config": {"inpainting": {"compare": ["GAN"]}}}]},
            "campaign mine, step b: configuration: inpainting: compare names GAN",
        ),
        ({"preset": "demo", "steps": [STEP | {"name": "../x"}]}, "steps.0.name: "),
        ({"preset": "demo", "steps": [STEP | {"name": "x" * 65}]}, "steps.0.name: must have at most 64 characters"),
        (
            {"preset": "demo", "steps": [STEP], "jobs_per_gpu": True},
            "jobs_per_gpu: must not be true or false, found True",
        ),
        (
            {"preset": "demo", "steps": [STEP], "config": {"seeds": [10**30]}},
            "config.seeds.0: expected whole numbers below",
        ),
        ({"preset": "demo", "steps": [STEP], "config": {"threads": True}}, "threads: must not be true or false"),
        ({"preset": "huge", "steps": [STEP]}, "preset must be one of demo, paper, quick, found 'huge'"),
    ],
)
def test_a_wrong_campaign_gets_one_sentence_before_anything_runs(folder, capsys, campaign, sentence):
    folder.write(**campaign)
    assert folder.run() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert folder.calls() == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--from", "four"], "expected a step of mine after --from, found 'four': it has one, two, three"),
        (["--config", "preset=quick"], "expected --preset, found --config preset="),
        (["--seconds", "0"], "expected at least 1 core"),
        (["--seconds", "-1"], "expected at least 1 core"),
        (["--seconds", "nan"], "expected at least 1 core"),
        (["--seconds", "inf"], "expected at least 1 core"),
        (["--jobs-per-gpu", "0"], "expected at least 1 core"),
    ],
)
def test_wrong_options_get_one_sentence(folder, capsys, options, sentence):
    assert folder.run(*options) == 2
    assert sentence in capsys.readouterr().err
    assert folder.calls() == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("preset: demo\npreset: paper\nsteps: []", "the key 'preset' twice in one section"),
        ("a: &a [*a]", "at most 20 sections inside one another"),
        ("[" * 100000, "sections inside one another"),
        ("- preset", "expected `preset` and `steps` in"),
    ],
)
def test_a_file_that_is_no_campaign_gets_one_sentence(folder, tmp_path, capsys, text, sentence):
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    assert main(["campaign", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert sentence in error


def test_an_unknown_campaign_is_told_which_there_are(folder, capsys):
    assert main(["campaign", "mnits"]) == 2
    assert "found no file: name one of ct, mnist" in capsys.readouterr().err


def test_a_damaged_bookmark_is_named(folder, capsys):
    path = folder.path / "results/demo/logs/campaigns/mine.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"one": 3}')
    assert folder.run() == 2
    assert f"in {path}, found something else: remove the file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mnist", "ct"])
def test_the_projects_campaigns_are_valid(name, capsys):
    assert main(["campaign", name, "--list", "--preset", "paper"]) == 0
    assert "1 " in capsys.readouterr().out
