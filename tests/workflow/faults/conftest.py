"""A tiny run of a few jobs to be disturbed, and what must be true once it was asked for again."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SEED = int(os.environ.get("VSPAIR_HARNESS_SEED", "13"))
ONLY = os.environ.get("VSPAIR_HARNESS_ONLY", "")
"""Faults whose names hold this text are tried, to see one again."""
METHODS = "methods: {vsPAIR: {training: {epochs: 20}}}"
CONFIG = ("seeds=[0]", f"tomography={{compare: [vsPAIR], noise: {{levels: [10]}}, {METHODS}}}")
TARGET = "table_ct"
TABLE = "tables/table_ct"
CT = "tomography"
STAGES = {
    "scan_block": (f"{CT}/blocks", f"{CT}/scans", f"{CT}/pairs", f"{CT}/runs", f"{CT}/evaluations", "tables"),
    "train": (f"{CT}/runs", f"{CT}/evaluations", "tables"),
    TARGET: ("tables",),
    "nothing": (),
}
"""Script that a stage begins with -> folders of results that are not there yet."""
TRACEBACK = "Traceback (most recent call last)"
TEMPORARY = re.compile(r"(^|/)\.[^/]*[0-9a-f]{32}|\.partial$|\.tmp$|checkpoint\.safetensors$")


def asked(*more: str) -> list[str]:
    """Arguments of Snakemake for the tiny run."""
    return [TARGET, *more, "--config", *CONFIG]


@dataclass
class Tiny:
    """A checkout with a part of the tiny run, which is disturbed, asked for again and compared with the whole one.

    Arguments:
        project: the checkout, with ways to use it as a user would.
        truth: name of each result of an undisturbed run -> its bytes.
        environment: of all commands.
    """

    project: object
    truth: dict[str, bytes]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def results(self) -> Path:
        return self.project.folder / "results/demo"

    def run(self, *more: str, **environment: str) -> subprocess.CompletedProcess:
        """Ask for the run."""
        return self.project.snakemake(*asked(*more), **self.environment, **environment)

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """A command of the project, with the settings of the run where it takes some."""
        settings = () if arguments[0] in ("import", "debug") else ("--config", *CONFIG)
        return self.project.run("vspair", *arguments, *settings, **self.environment, **environment)

    def started(self, *wrapper: str, **environment: str) -> subprocess.Popen:
        """Ask for the run and do not wait, in a process group of its own; its output goes to a file beside it."""
        inherited = {key: value for key, value in os.environ.items() if key not in ("VSPAIR_DATA", "PYTHONPATH")}
        self.output = self.project.folder.parent / f"{self.project.folder.name}.output"
        with self.output.open("w") as output:
            return subprocess.Popen(
                [*wrapper, sys.executable, "-m", "snakemake", "--cores", "2", *asked()],
                cwd=self.project.folder,
                env={**inherited, "PYTHONPATH": str(self.project.folder), **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self) -> str | None:
        """Ask again, doing what Snakemake says, until all is made; what is wrong then, None if nothing is."""
        more: list[str] = []
        for _ in range(4):
            result = self.run(*more)
            said = result.stdout + result.stderr
            if result.returncode == 0:
                break
            if "--unlock" in said:
                self.run("--unlock")
            elif "--rerun-incomplete" in said and "--rerun-incomplete" not in more:
                more.append("--rerun-incomplete")
        else:
            return f"does not go on: {last(said)}"
        return self.fault()

    def fault(self) -> str | None:
        """What of the results is not as in an undisturbed run."""
        found = results_of(self.results)
        for name in sorted({*self.truth, *found}):
            if found.get(name) != self.truth.get(name):
                state = (
                    "another" if name in found and name in self.truth else "lacking" if name in self.truth else "new"
                )
                return f"{name} is {state}"
        if left := self.temporary():
            return f"left behind: {left[0]}"
        audit = self.command("audit", "results/demo")
        return (
            None if audit.returncode == 0 else f"the audit says: {audit.stdout.strip() or audit.stderr.strip()[-300:]}"
        )

    def temporary(self) -> list[str]:
        """Files that were still being written."""
        names = (str(path.relative_to(self.results)) for path in self.results.rglob("*"))
        return sorted(name for name in names if TEMPORARY.search(name))

    def process(self, script: str, seconds: float = 200) -> int | None:
        """The process of a job's script in this checkout, once there is one; None when there is none in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for entry in Path("/proc").iterdir():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if any(word.endswith(f".{script}.py".encode()) for word in words[1:3]) and (
                        (entry / "cwd").resolve() == self.project.folder.resolve()
                    ):
                        return int(entry.name)
                except (OSError, ValueError):
                    continue
            time.sleep(0.1)
        return None


def results_of(folder: Path) -> dict[str, bytes]:
    """Tables and weights, which hold no times."""
    kept = [*folder.rglob("weights.safetensors"), *folder.glob("tables/*"), *folder.rglob("history.csv")]
    kept += [*folder.rglob("pairs/*.safetensors"), *folder.rglob("images.csv")]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in kept
        if not path.name.endswith("receipt.json")
    }


def last(text: str) -> str:
    """The last lines of an output that speak of an error, else the last ones that say something."""
    lines = [line.strip() for line in text.splitlines() if line.strip("= ") and not line.startswith("Complete log")]
    errors = [line for line in lines if re.search(r"error|errno|no space|cannot|refus", line, re.IGNORECASE)]
    return " / ".join((errors or lines)[-6:])[-700:]


@pytest.fixture(scope="session")
def whole(fresh, tmp_path_factory) -> Tiny:
    """The tiny run, undisturbed. Not to be changed."""
    project = fresh.copy(tmp_path_factory.mktemp("whole") / "project")
    tiny = Tiny(project, {})
    result = tiny.run()
    assert result.returncode == 0, result.stdout + result.stderr
    tiny.truth.update(results_of(tiny.results))
    assert tiny.fault() is None
    return tiny


@pytest.fixture(scope="session")
def beginning(whole, tmp_path_factory):
    """Makes a checkout whose tiny run has come as far as a stage, at a place of one's own if need be."""

    def beginning(stage: str, folder: Path | None = None) -> Tiny:
        folder = folder or tmp_path_factory.mktemp(stage) / "project"
        project = whole.project.copy(folder)
        tiny = Tiny(project, whole.truth)
        for part in STAGES[stage]:
            shutil.rmtree(tiny.results / part)
        return tiny

    return beginning


@pytest.fixture(scope="session")
def seconds(whole):
    """How long each script of the undisturbed run took, the longest of its jobs."""
    names = {"scan_block": f"{CT}/blocks/block0", "train": f"{CT}/runs/vsPAIR/noise10/seed0/train", TARGET: TABLE}
    return {
        script: float((whole.results / f"benchmarks/{name}.tsv").read_text().splitlines()[1].split()[0])
        for script, name in names.items()
    }


@pytest.fixture(scope="session")
def side_by_side():
    """Runs two calls at a time and gives what each returned, by its name; an exception is a fault like another."""

    def tried(call, *arguments):
        try:
            return call(*arguments)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def side_by_side(calls: dict) -> dict:
        with ThreadPoolExecutor(2) as pool:
            futures = {name: pool.submit(tried, *call) for name, call in calls.items() if ONLY in name}
            return {name: future.result() for name, future in futures.items()}

    return side_by_side


@pytest.fixture(scope="session")
def told(noted):
    """Notes the outcomes of a kind of fault, a text or None for each, and fails if something was lost."""

    def told(kind: str, outcomes: dict[str, str | None]) -> None:
        lost = {name: fault for name, fault in outcomes.items() if fault is not None}
        noted(("fault", "tried", "survived", "lost"), (kind, len(outcomes), len(outcomes) - len(lost), len(lost)))
        lines = "\n".join(f"{name}: {fault}" for name, fault in lost.items())
        assert not lost, f"{kind}, seed {SEED} (again: VSPAIR_HARNESS_ONLY='NAME'):\n{lines}"

    return told


@pytest.fixture(scope="session")
def moment():
    """A random moment within a time, which the fault's name decides."""
    return lambda name, seconds: random.Random(f"{SEED} {name}").uniform(0, seconds)


@pytest.fixture(scope="session")
def helpers():
    """What the tests of this folder share beside fixtures."""
    return {"last": last, "asked": asked, "CONFIG": CONFIG, "TRACEBACK": TRACEBACK, "signal": signal}
