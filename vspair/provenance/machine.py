"""The machine, the library versions and the commit that a job ran with."""

import os
import platform
import shutil
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

_TIMEOUT = 20
_PACKAGES = (
    *("vspair", "snakemake", "pydantic", "PyYAML", "numpy", "scipy", "pandas", "matplotlib", "h5py", "pydicom"),
    *("safetensors", "scikit-image", "scikit-learn", "scikit-fem", "torch", "torchvision", "torchmetrics"),
    *("deepinv", "deepwave", "POT", "dival", "odl", "astra-toolbox"),
)


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


@cache
def versions() -> dict[str, str]:
    """Versions of this package, of Python and of those libraries that are installed, read without importing them."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit(root: Path) -> tuple[str | None, bool | None]:
    """The git commit of the project and whether its tree is dirty; (None, None) outside git or before a commit."""
    top = _output(["git", "-C", str(root), "rev-parse", "--show-toplevel"])
    # A project that was unpacked inside somebody else's repository has no commit of its own.
    if top is None or not Path(top).samefile(root):
        return None, None
    sha = _output(["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "HEAD"])
    status = _output(["git", "--no-optional-locks", "-C", str(root), "status", "--porcelain"])
    return (None, None) if sha is None or status is None else (sha, bool(status))


def _output(command: list[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=True)
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
