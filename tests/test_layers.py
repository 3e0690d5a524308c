"""The layers of the design: each package imports only from those above it, and packages only re-export."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("distributions", "operators", "networks"),
    ("objectives", "models"),
    ("data", "training"),
    ("evaluation",),
    ("reporting", "provenance"),
    ("problems",),
    ("commands",),
)
ROOMS = ("code", "receipt", "logs", "recording", "run", "audit", "why", "crate", "forecast", "join")
"""Of the evidence, from the bottom up."""
FOR_ALL = (
    *("config", "devices", "errors", "files", "folders", "metrics", "printable", "published", "refusals", "regular"),
    *("verdicts", "written", "yaml_text"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names} | dict.fromkeys(FOR_ALL, -1)
MODULES = sorted(path for path in (ROOT / "vspair").rglob("*.py") if path.parent != ROOT / "vspair")


def imported(path):
    """Packages of vspair that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name.split(".")[1] for name in names if name.startswith("vspair."))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards_only(path):
    own = path.relative_to(ROOT / "vspair").parts[0]
    for other in imported(path):
        assert RANK[other] <= RANK[own], f"{own} must not import {other}"


def rooms(path):
    """Rooms of the evidence that a module imports from."""
    for node in ast.walk(ast.parse(path.read_text())):
        name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if name.startswith("vspair.provenance."):
            yield name.split(".")[2]


@pytest.mark.parametrize("own", ROOMS)
def test_rooms_of_the_evidence_import_one_way(own):
    """Code, receipt, run, audit, why: who writes receipts knows no audit."""
    folder = ROOT / "vspair/provenance" / own
    for path in (path for path in MODULES if path.is_relative_to(folder) or path == folder.with_suffix(".py")):
        for other in rooms(path):
            assert ROOMS.index(other) <= ROOMS.index(own), f"{path} must not import {other}"


def test_no_layer_below_the_problems_names_one():
    problems = [path.name for path in (ROOT / "vspair/problems").iterdir() if (path / "settings.py").is_file()]
    assert {"inpainting", "tomography"} <= set(problems)
    for package in (name for layer in LAYERS[: LAYERS.index(("problems",))] for name in layer):
        for path in (ROOT / "vspair" / package).rglob("*.py"):
            text = path.read_text().lower()
            assert not [name for name in problems if name in text], path


@pytest.mark.parametrize("path", sorted(ROOT.glob("vspair/*/**/__init__.py")), ids=lambda path: path.parent.name)
def test_a_package_only_gathers_names(path):
    """Anything else there would run unseen by the fingerprint, which looks through packages."""
    for node in ast.parse(path.read_text()).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        names = isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
        assert docstring or names or isinstance(node, ast.ImportFrom), ast.dump(node)


def test_nothing_unpickles_or_runs_a_shell():
    for path in [*ROOT.glob("vspair/**/*.py"), *ROOT.glob("scripts/*.py")]:
        text = path.read_text()
        for forbidden in (
            "torch.load(",
            "import pickle",
            "allow_pickle=True",
            "shell=True",
            "yaml.load(",
            "eval(compile",
            "exec(",
        ):
            assert forbidden not in text, f"{forbidden} in {path}"
