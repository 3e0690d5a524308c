"""A workflow that is killed in the middle of a training goes on to the same bits."""

import os
import signal
import subprocess
import sys
import time

import pytest

RUNS = {
    "results/demo/inpainting/runs/vsPAIR/digits/seed0": "inpainting={training: {epochs: 60}}",
    "results/demo/tomography/runs/vsPAIR/noise10/seed0": "tomography={methods: {vsPAIR: {training: {epochs: 100}}}}",
}


def made(run):
    """Weights and history of a run, as bytes."""
    return [(run / name).read_bytes() for name in ("weights.safetensors", "history.csv")]


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_a_killed_workflow_ends_with_the_bits_of_an_uninterrupted_one(fresh, tmp_path, run):
    longer = ("--config", RUNS[run], "seeds=[0]")
    targets = [f"{run}/weights.safetensors", *longer]
    whole, killed = fresh.copy(tmp_path / "whole"), fresh.copy(tmp_path / "killed")
    assert whole.snakemake(*targets).returncode == 0

    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", *targets],
        cwd=killed.folder,
        env={**os.environ, "PYTHONPATH": str(killed.folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    checkpoint = killed.folder / run / "checkpoint.safetensors"
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint appeared"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed.folder / run / "weights.safetensors").exists()

    assert killed.snakemake("--unlock", *longer).returncode == 0
    result = killed.snakemake(*targets)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "continues after epoch" in result.stdout + result.stderr
    assert made(killed.folder / run) == made(whole.folder / run)
    assert not checkpoint.exists()
