"""A tiny project in git with a chain of three jobs, from raw data to a table."""

import subprocess
import types
from pathlib import Path

import numpy as np
import pytest

import vspair
from vspair.provenance import fingerprint, recorded

SOURCES = {
    ".gitignore": "results/\ndata/\n",
    "vspair/__init__.py": "",
    "vspair/provenance/__init__.py": "def recorded():\n    print('seed')\n",
    "vspair/numbers.py": "SCALE = 2\n\n\ndef double(x):\n    return SCALE * x\n\n\ndef half(x):\n    return x / 2\n",
    "scripts/train.py": "from vspair.numbers import double\n\nprint(double(2))\n",
    "scripts/table.py": "from vspair.numbers import half\n\nprint(half(2))\n",
    "envs/constraints.txt": f"numpy=={np.__version__}\n",
    "data/raw.txt": "raw\n",
}
VALUES = {"training.epochs": 3, "training.rates": [0.1, 0.2], "seeds": [0, 1]}
CONFIGURATION = {"training.epochs": 3, "training.rates": [0.1, 0.2]}


def write_tree(root: Path, sources: dict[str, str]) -> None:
    for name, text in sources.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


class Project:
    """The project's root with the means to run jobs in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.run = root / "results" / "demo"
        write_tree(root, SOURCES)
        git(root, "init", "-q")
        self.commit()

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", "state")

    def snakemake(self, rule, inputs, outputs, **changes):
        script = changes.pop("script", "scripts/train.py")
        evidence = {
            "script": script,
            "entries": [],
            "fingerprint": fingerprint(self.root, script),
            "configuration": dict(CONFIGURATION),
            "seed": None,
            "stochastic": False,
            "preset": "demo",
            "results": "results/demo",
        } | changes.pop("evidence", {})
        first = Path(outputs[0])
        local = {"data_dir": str(self.root / "data"), "settings": changes.pop("settings", {})}
        local |= {"lock": changes.pop("lock")} if "lock" in changes else {}
        receipt = self.run / first.parent / f"{first.stem}.receipt.json"
        return types.SimpleNamespace(
            input=[
                str(self.root / "data" / name[5:] if name.startswith("data:") else self.run / name) for name in inputs
            ],
            output={"files": [str(self.run / name) for name in outputs], "receipt": str(receipt)},
            params={"evidence": evidence},
            wildcards=changes.pop("wildcards", {}),
            threads=1,
            resources={"_cores": 1, "mem_mb": 100, "gpu": 0, "tmpdir": "/tmp"},
            rule=rule,
            log=[str(self.run / "logs" / f"{rule}.log")],
            scriptdir=str(self.root / "scripts"),
            config={"local": local},
        )

    def job(self, rule, inputs, outputs, text="", annotations=None, **changes) -> None:
        with recorded(self.snakemake(rule, inputs, outputs, **changes)) as job:
            for name in outputs:
                path = self.run / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text or f"{rule} {name}\n")
            if annotations:
                job.annotate(self.run / outputs[0], annotations)

    def prepare(self, **changes) -> None:
        self.job("prepare", ["data:raw.txt"], ["prepared/pairs.txt"], **changes)

    def train(self, seed=0, **changes) -> None:
        evidence = {"seed": seed, "stochastic": True} | changes.pop("evidence", {})
        wildcards = {"seed": str(seed)}
        name = f"models/{seed}/model.txt"
        self.job("train", ["prepared/pairs.txt"], [name], evidence=evidence, wildcards=wildcards, **changes)

    def table(self, **changes) -> None:
        models = ["models/0/model.txt", "models/1/model.txt"]
        text = "row,column,value,sd,n,unit,published,tolerance,verdict\nA,error,1.5,0.1,1,,1.4,0.2,reproduced\n"
        cells = {"A|error": {"inputs": [str(self.run / models[1])], "key": "error.mean"}}
        outputs = ["tables/table1.csv", "tables/table1.md"]
        self.job("table1", models, outputs, text, {"cells": cells}, script="scripts/table.py", **changes)

    def everything(self) -> None:
        self.prepare()
        self.train(0)
        self.train(1)
        self.table()


@pytest.fixture(scope="session")
def tiny_project():
    """Makes the tiny project in a folder that does not exist yet."""

    def make(root: Path) -> Project:
        root.mkdir(parents=True)
        return Project(root)

    return make


@pytest.fixture
def project(tmp_path, tiny_project) -> Project:
    return tiny_project(tmp_path / "project")


@pytest.fixture
def complete(project) -> Project:
    project.everything()
    return project


@pytest.fixture
def settings(complete, monkeypatch):
    """The command line at work in the tiny project; gives the settings that the configuration was resolved from."""
    given = {}

    def resolve(root, overrides):
        given.update(overrides)
        epochs = overrides.get("training", {}).get("epochs", 3)
        values = VALUES | {"training.epochs": epochs}
        return types.SimpleNamespace(data_dir=None, select=lambda keys: {key: values[key] for key in keys})

    monkeypatch.setattr(vspair, "__file__", str(complete.root / "vspair/__init__.py"))
    monkeypatch.setattr("vspair.commands.settings.resolve", resolve)
    return given
