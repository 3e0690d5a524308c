"""The machine that a job ran on."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

_TIMEOUT = 20


def machine() -> dict[str, object]:
    """Processor, cores, memory (bytes), GPU and driver (None without one), operating system and Python."""
    gpu, driver = _gpu()
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "gpu": gpu,
        "driver": driver,
        "os": platform.platform(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _output(command: list[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _gpu() -> tuple[str | None, str | None]:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    answer = _output(["nvidia-smi", "--query-gpu=index,uuid,name,driver_version", "--format=csv,noheader"])
    if not answer or visible in ("", "-1"):
        return None, None
    devices = [[part.strip() for part in line.split(",")] for line in answer.splitlines()]
    wanted = visible.split(",") if visible else []
    # Names such as those of MIG slices match no line: then every card of the machine is a candidate.
    chosen = [device for device in devices if device[0] in wanted or device[1] in wanted] or devices
    return "; ".join(sorted({device[2] for device in chosen})), chosen[0][3]
