"""A workflow that is killed in the middle of a training goes on to the same bits."""

import os
import signal
import subprocess
import sys
import time

import pytest

LONGER = ("--config", "inpainting={training: {epochs: 60}}", "seeds=[0]")
RUN = "results/demo/inpainting/runs/vsPAIR/seed0"


def made(project):
    """Weights and history of the run, as bytes."""
    return [(project.folder / RUN / name).read_bytes() for name in ("weights.safetensors", "history.csv")]


@pytest.mark.slow
def test_a_killed_workflow_ends_with_the_bits_of_an_uninterrupted_one(fresh, tmp_path):
    targets = [f"{RUN}/weights.safetensors", *LONGER]
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
    checkpoint = killed.folder / RUN / "checkpoint.safetensors"
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline, "no checkpoint appeared"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed.folder / RUN / "weights.safetensors").exists()

    assert killed.snakemake("--unlock", *LONGER).returncode == 0
    result = killed.snakemake(*targets)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "continues after epoch" in result.stdout + result.stderr
    assert made(killed) == made(whole)
    assert not checkpoint.exists()
