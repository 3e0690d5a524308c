"""The machine and the commit that a job ran with."""

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


def commit(root: Path) -> tuple[str | None, bool | None]:
    """The git commit of the project and whether its tree is dirty; (None, None) outside git or before a commit."""
    answer = _output([*_git(root), "rev-parse", "--show-toplevel", "HEAD"])
    top, _, sha = (answer or "").rpartition("\n")
    # A project that was unpacked inside somebody else's repository has no commit of its own.
    if not top or not Path(top).samefile(root):
        return None, None
    status = _output([*_git(root), "status", "--porcelain", "--untracked-files=all"])
    return (None, None) if status is None else (sha, bool(status))


def environment_without_git() -> dict[str, str]:
    """The environment without git's own variables, which in a hook name another repository."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}


def _git(root: Path) -> list[str]:
    # Neither another program's word on what has changed nor objects that stand in for others.
    return ["git", "--no-optional-locks", "--no-replace-objects", "-c", "core.fsmonitor=false", "-C", str(root)]


def _output(command: list[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            # A project may lie in a folder whose name is not UTF-8.
            errors="surrogateescape",
            timeout=_TIMEOUT,
            check=True,
            env=environment_without_git(),
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
