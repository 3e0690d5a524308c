"""Devices: what is there, who may use it, and in which arithmetic."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock, Timeout

from vspair.errors import VspairError

LEASE_POLL_SECONDS = 1.0


def visible_gpus() -> list[str]:
    """Names of the CUDA devices that this process may see, without importing torch.

    `CUDA_VISIBLE_DEVICES` wins where it is set (a cluster's scheduler sets it); else nvidia-smi is asked.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in map(str.strip, visible.split(",")) if name not in ("", "-1")]
    return _nvidia_smi("index")


def require_gpus(wanted: int, jobs_per_gpu: int = 1) -> None:
    """Refuse a request for more GPU places than this machine has.

    Arguments:
        wanted: jobs that are to run at once on GPUs (Snakemake's `--resources gpu=`).
        jobs_per_gpu: jobs that may share one device.

    Raises:
        VspairError: there are fewer.
    """
    found = len(visible_gpus())
    if wanted > found * jobs_per_gpu:
        raise VspairError(
            f"device=cuda with {wanted} job(s) at once on GPUs was asked for, but this machine shows {found} GPU(s) "
            f"with jobs_per_gpu={jobs_per_gpu}: lower --resources gpu=, or use --config device=cpu"
        )


@contextmanager
def lease(device: str, jobs_per_gpu: int = 1) -> Iterator[str]:
    """Hold one device for a job and hide the others from it; no two jobs get the same place on a GPU.

    A job waits until a place is free. Must be entered before torch first touches CUDA.

    Arguments:
        device: `cpu` or `cuda`.
        jobs_per_gpu: places on each GPU.

    Yields:
        The name for torch: `cpu`, or `cuda` with only the leased device visible.

    Raises:
        VspairError: `cuda` was asked for and no GPU is there.
    """
    with nullcontext() if device == "cpu" else _leased_gpu(jobs_per_gpu):
        yield device


@contextmanager
def _leased_gpu(jobs_per_gpu: int) -> Iterator[None]:
    require_gpus(1, jobs_per_gpu)
    folder = Path(tempfile.gettempdir()) / f"vspair-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    cards = _uuids()
    places = [
        (gpu, FileLock(folder / f"{cards.get(gpu, gpu)}.{k}.lock"))
        for k in range(jobs_per_gpu)
        for gpu in visible_gpus()
    ]
    gpu, lock = _first_free(places)
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    try:
        yield
    finally:
        if before is None:
            del os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            os.environ["CUDA_VISIBLE_DEVICES"] = before
        lock.release()


def _uuids() -> dict[str, str]:
    """Number of each GPU to its UUID: a scheduler may show two jobs two cards under the same number."""
    return dict(line.split(", ") for line in _nvidia_smi("index,uuid"))


def _nvidia_smi(query: str) -> list[str]:
    """One line per GPU of this machine; none without nvidia-smi."""
    command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return []


def _first_free(places: list[tuple[str, FileLock]]) -> tuple[str, FileLock]:
    while True:
        for gpu, lock in places:
            try:
                lock.acquire(timeout=LEASE_POLL_SECONDS / len(places))
            except Timeout:
                continue
            return gpu, lock


def device_name(device: str) -> str:
    """What `device` is: `cpu`, or the name of the GPU that torch uses."""
    import torch

    return torch.cuda.get_device_name() if device == "cuda" else device


def configure(device: str, threads: int, precision: str = "float32") -> None:
    """Make this process's arithmetic repeatable and as precise as asked for.

    Arguments:
        device: `cpu` or `cuda`.
        threads: CPU threads; results on the CPU depend on them in the last bits.
        precision: `float32`, or `tf32` for faster and coarser products on a GPU.

    Raises:
        VspairError: torch does not see the GPU that was asked for.
    """
    # Deterministic products on CUDA need a fixed workspace, set before the first of them.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise VspairError(
            f"device=cuda was asked for, but torch {torch.__version__} sees no GPU: install a CUDA build of torch that "
            "fits the driver, or use --config device=cpu"
        )
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # It would also fill every new tensor, to make reads of unset memory repeatable: a cost without a use here.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
