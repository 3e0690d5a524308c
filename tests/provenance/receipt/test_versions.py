"""The versions in a receipt: what the project requires and the process has loaded, and nothing else."""

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from vspair.provenance import versions
from vspair.provenance.receipt import versions as module

ROOT = Path(__file__).parents[3]


def after(code):
    """Names of the packages whose versions a process gives that ran some code."""
    code = f"{code}\nfrom vspair.provenance import versions\nprint(*versions())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_only_what_is_loaded():
    """Packages that are called otherwise than their module are found too."""
    assert after("") == {"python", "vspair"}
    assert {"numpy", "pyyaml", "scikit-learn"} <= after("import yaml, sklearn")


def test_the_versions_are_those_of_the_packages():
    import numpy as np

    found = versions()
    assert (found["numpy"], found["pytest"]) == (np.__version__, pytest.__version__)


def test_a_project_that_is_not_installed(monkeypatch):
    """As on a cluster, where its folder is only named on the path."""

    def absent(name):
        raise metadata.PackageNotFoundError(name)

    before = module._requirements()
    monkeypatch.setattr(metadata, "requires", absent)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert len(module._requirements()) > len(project["dependencies"])
    assert module._requirements() >= before - {"vspair"}
