"""One job's script in a debugger, with the object that the real workflow would give it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from vspair.commands.debug import _preset


def debug(root, *arguments, before=(), **options):
    command = [sys.executable, *before, "-m", "vspair", "debug", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def breakpoint_at(root):
    """The loop in the script of Table 8, before which it has read its configuration."""
    lines = (root / "scripts/table8.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith("    for name in"))


@pytest.mark.slow
def test_a_debugger_stops_in_the_script_and_the_results_stay_as_they_are(root, tmp_path, breakpoint_at):
    result = root / "results/demo/tables/table8.csv"
    before = result.stat().st_mtime_ns if result.exists() else None
    steps = [
        f"tbreak {root}/scripts/table8.py:{breakpoint_at}",
        "c",
        "p snakemake.rule, snakemake.threads, snakemake.config['local']['device'], shape",
        "c",
    ]
    commands = [part for step in steps for part in ("-c", step)]
    arguments = ("results/demo/tables/table8.csv", "--into", str(tmp_path))
    # At the end of the program pdb begins anew, and leaves when there is nothing more to read.
    done = debug(root, *arguments, before=("-m", "pdb", *commands), input="q\n")
    assert "('table8', 1, 'cpu', (1, 28, 28))" in done.stdout, done.stdout + done.stderr
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    tables = {f"results/demo/tables/table8.{ending}" for ending in ("csv", "md", "tex", "receipt.json")}
    assert written == tables | {"results/demo/logs/tables/table8.log"}
    assert (result.stat().st_mtime_ns if result.exists() else None) == before


@pytest.mark.slow
def test_inputs_that_are_not_there_are_named_with_the_command_that_makes_them(root):
    settings = ("--config", "inpainting={data: {seed: 5}}", "inpainting.data.source=fashion_mnist")
    done = debug(root, "results/demo/inpainting/runs/PAIR/fashion_mnist/seed7/train.receipt.json", *settings)
    assert done.returncode == 2
    found = re.match(
        r"error: expected the inputs of train, found no (\S+/pairs/fashion_mnist.safetensors): make them with "
        r"snakemake --cores 2 \1 --config preset=demo (.*)\n",
        done.stderr,
    )
    assert found, done.stderr
    (setting,) = shlex.split(found[2])
    assert yaml.safe_load(setting.removeprefix("inpainting=")) == {"data": {"seed": 5, "source": "fashion_mnist"}}


def test_the_preset_is_that_of_the_results():
    files = ("results/quick/tables/table3.csv", "results/x", os.fspath(Path("data/MNIST/raw/images")))
    assert [_preset(file) for file in files] == ["quick", "demo", "demo"]
