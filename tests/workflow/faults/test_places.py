"""Odd names for the checkout and the data folder: a whole run, and remake commands that work when they are pasted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

NAMES = {
    "spaces and quotes": "a b'c \"d",
    "shell": "$(touch x);touch x;`touch x`&",
    "not ASCII, glob": "-ü漢[x]*?%s~",
}
SLICES = "tomography={data: {source: hounsfield, path: ct/ct_slices.h5, train: 24, test: 40}}"


def slices(path):
    """Seventy discs of water with a bone, of 35 patients, at the tiny scan's size."""
    draw, grid = np.random.default_rng(0), np.indices((44, 44)) - 21.5
    hu = np.full((70, 44, 44), -1000, np.int16)
    hu[:, np.hypot(*grid) < 18] = 40
    hu += draw.integers(-10, 10, hu.shape).astype(np.int16)
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        file["hu"], file["patient"] = hu, np.arange(70) // 2


def pasted(tiny, environment):
    """What is wrong with the remake commands of receipts when a shell is given them in the project's root."""
    path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONPATH": str(tiny.project.folder)}
    for receipt in sorted(tiny.results.rglob("*.receipt.json")):
        statement = json.loads(receipt.read_text())
        command = statement["predicate"]["buildDefinition"]["internalParameters"]["command"]
        result = subprocess.run(
            ["bash", "-c", f"{command} --dry-run"],
            cwd=tiny.project.folder,
            env={**os.environ, **path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            return f"a pasted command fails, {command}: {(result.stdout + result.stderr)[-300:]}"
    return None


def run_there(beginning, helpers, tmp_path, name, data):
    odd = NAMES[name]
    folder = tmp_path / odd / "project" if data else tmp_path / odd
    tiny = beginning("nothing" if data else "scan_block", folder)
    environment = {}
    if data:
        place = tmp_path / f"data {odd}"
        slices(place / "ct/ct_slices.h5")
        environment = {"VSPAIR_DATA": str(place)}
        result = tiny.project.snakemake(*helpers["asked"](), SLICES, **environment)
    else:
        result = tiny.run()
    said = result.stdout + result.stderr
    if result.returncode:
        return f"{helpers['last'](said)}"
    if not data and (fault := tiny.fault()):
        return fault
    if fault := pasted(tiny, environment):
        return fault
    strange = [str(path) for path in tmp_path.rglob("x") if path.name == "x"]
    return f"a name was executed: {strange}" if strange or Path("x").exists() else None


def test_odd_names(beginning, helpers, tmp_path_factory, side_by_side, told):
    calls = {}
    for name in NAMES:
        for data in (False, True):
            place = tmp_path_factory.mktemp("odd")
            fault = f"{name} in {'the data folder and above the checkout' if data else 'the name of the checkout'}"
            calls[fault] = (run_there, beginning, helpers, place, name, data)
    told("odd folder names", side_by_side(calls))
