"""Devices: what is there, who may use it, how much memory it has, and in which arithmetic it computes."""

import logging
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock, Timeout

from vspair.errors import VspairError

LEASE_POLL_SECONDS = 1.0

logger = logging.getLogger(__name__)

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


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
        precision: `float32`, or `tf32` for the faster and coarser convolutions that torch takes by itself on a GPU
            (other products stay full); `bfloat16` is `float32` but for what `arithmetic` wraps.

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
    if device == "cpu" and precision == "bfloat16" and not has_bfloat16():
        logger.warning(
            "precision=bfloat16 was asked for, but this processor has no such products (avx512_bf16, amx_bf16): they "
            "are emulated and slower than float32, use precision=float32"
        )
    # The same switch as `use_deterministic_algorithms(True)`, which imports the compiler: a second of every job.
    torch.set_deterministic_debug_mode("error")
    # It would also fill every new tensor, to make reads of unset memory repeatable: a cost without a use here.
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.set_float32_matmul_precision("highest")


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself, as its flags in /proc/cpuinfo say."""
    return any(flag.endswith("bf16") for flag in (PROC / "cpuinfo").read_text().split())


def arithmetic(device: str, precision: str) -> AbstractContextManager:
    """The context of a model's forward pass in `precision`: mixed with `bfloat16`, as `configure` left it otherwise.

    In mixed precision convolutions and matrix products read and give bfloat16, but for layers that keep the factors of
    their gradients (`vspair.networks.factored`); weights stay float32. One context must not outlive an optimiser's
    step: the lower-precision copies of the weights are kept until it is left.

    Arguments:
        device: `cpu` or `cuda`.
        precision: `float32`, `tf32` or `bfloat16`.
    """
    import torch

    return torch.autocast(device, torch.bfloat16) if precision == "bfloat16" else nullcontext()


def peak_memory(device: str) -> int:
    """Most memory that this process has held so far, in bytes: torch's tensors on `cuda`, all of it on `cpu`."""
    import torch

    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    # Not getrusage: its peak starts with that of the program that started this one.
    status = dict(line.split(":", 1) for line in (PROC / "self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


def available(device: str) -> int:
    """Memory that this process can still take, in bytes.

    On `cuda` what is free on the GPU; on `cpu` the smallest of what the machine has available and what each control
    group that the process is in (a container's, a cluster job's) leaves.
    """
    import torch

    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    meminfo = dict(line.split(":") for line in (PROC / "meminfo").read_text().splitlines())
    return min([int(meminfo["MemAvailable"].split()[0]) * 1024, *_left_by_groups()])


def memory_of(device: str) -> int | None:
    """All memory that a process of this machine can ever take, in bytes, without importing torch.

    On `cuda` that of the largest GPU, None where nvidia-smi does not say it; on `cpu` the machine's, or the smallest
    limit on a control group that the process is in.
    """
    if device == "cuda":
        # Such as `81559 MiB`; a GPU without memory of its own, which shares the machine's, says `[N/A]`.
        sizes = [int(line.split()[0]) for line in _nvidia_smi("memory.total") if line[:1].isdigit()]
        return max(sizes) * 2**20 if sizes else None
    meminfo = dict(line.split(":") for line in (PROC / "meminfo").read_text().splitlines())
    return min([int(meminfo["MemTotal"].split()[0]) * 1024, *(limit for _, limit, *_ in _limits())])


def _left_by_groups() -> list[int]:
    """What each limit on the control groups of this process and on those around them leaves."""
    left = []
    for folder, most, usage, cached in _limits():
        # Pages of files that nobody uses count as usage, but are given up when memory is short.
        pages = dict(row.split() for row in (folder / "memory.stat").read_text().splitlines())
        used = int((folder / usage).read_text()) - int(pages[cached])
        left.append(max(0, most - used))
    return left


def _limits() -> Iterator[tuple[Path, int, str, str]]:
    """Each limit on the control groups of this process, version 1 or 2, and on those around them.

    Folder of the group, limit in bytes, and the names of the file with its usage and of the line with unused pages.
    """
    for line in (PROC / "self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, limit, usage, cached = CGROUPS, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            root, limit, usage = CGROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cached = "total_inactive_file"
        else:
            continue
        group = root / path.lstrip("/")
        # Inside a container the path may be the host's; the container's own group then is the root.
        for folder in (each for each in (group, *group.parents) if each.is_relative_to(root)):
            if (folder / limit).exists() and (most := (folder / limit).read_text().strip()) != "max":
                yield folder, int(most), usage, cached
