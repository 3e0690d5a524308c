import os
import subprocess
import sys
import tempfile

import pytest

from vspair import devices
from vspair.devices import arithmetic, available, configure, lease, memory_of, peak_memory, require_gpus, visible_gpus
from vspair.errors import VspairError

JOB = """
import os, sys
from vspair.devices import lease

def note(event):
    descriptor = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{event} {sys.argv[1]} {os.environ['CUDA_VISIBLE_DEVICES']}\\n".encode())
    os.close(descriptor)

with lease("cuda", int(sys.argv[3])) as name:
    assert name == "cuda" and "torch" not in sys.modules
    note("took")
    print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.readline()
    note("gave")
"""


@pytest.fixture
def job(tmp_path):
    """Start a job in its own process that leases a GPU, says which and keeps it until it is sent a line."""
    started = []

    def start(name, gpus, jobs_per_gpu=1):
        process = subprocess.Popen(
            [sys.executable, "-c", JOB, name, str(tmp_path / "events"), str(jobs_per_gpu)],
            env=os.environ | {"CUDA_VISIBLE_DEVICES": gpus, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def held(process):
    return process.stdout.readline().strip()


def release(process):
    process.stdin.write("\n")
    process.stdin.flush()


def gave_before_took(folder, gave, took, gpu):
    events = (folder / "events").read_text().splitlines()
    return events.index(f"gave {gave} {gpu}") < events.index(f"took {took} {gpu}")


def test_two_jobs_get_different_gpus_and_a_third_waits_for_one_that_is_given_back_or_of_a_killed_job(job, tmp_path):
    first, second = job("first", "0,1"), job("second", "0,1")
    assert {held(first), held(second)} == {"0", "1"}
    third = job("third", "0,1")
    release(second)
    gpu = held(third)
    assert gave_before_took(tmp_path, "second", "third", gpu)
    fourth = job("fourth", "0,1")
    third.kill()
    assert held(fourth) == gpu
    release(fourth)
    assert fourth.wait(30) == 0


def test_two_jobs_share_a_gpu_only_when_asked_to_and_spread_before_they_share(job, tmp_path):
    jobs = []
    for names in (("job0", "job1"), ("job2", "job3")):
        jobs += [job(name, "0,1", 2) for name in names]
        assert {held(process) for process in jobs[-2:]} == {"0", "1"}
    last = job("last", "0,1", 2)
    release(jobs[0])
    assert gave_before_took(tmp_path, "job0", "last", held(last))


@pytest.mark.parametrize(("device", "before", "within"), [("cpu", "", ""), ("cuda", "3,5", "3")])
def test_a_lease_shows_one_gpu_or_none_and_puts_the_environment_back(monkeypatch, tmp_path, device, before, within):
    """The first that is free, again after a job that failed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", before)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), lease(device) as name:
            assert (name, os.environ["CUDA_VISIBLE_DEVICES"]) == (device, within)
            raise ZeroDivisionError
        assert os.environ["CUDA_VISIBLE_DEVICES"] == before


@pytest.mark.parametrize(("value", "names"), [("", []), ("-1", []), ("0", ["0"]), ("0, 2", ["0", "2"]), (None, [])])
def test_visible_gpus_are_those_of_the_environment_or_else_of_a_driver(monkeypatch, tmp_path, value, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value or "")
    if value is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
        monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus() == names


def test_more_jobs_than_places_are_refused_and_cuda_on_a_machine_without_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    require_gpus(2)
    require_gpus(4, jobs_per_gpu=2)
    with pytest.raises(VspairError, match=r"3 job\(s\).*2 GPU\(s\)"):
        require_gpus(3)
    with pytest.raises(VspairError, match=r"5 job\(s\).*jobs_per_gpu=2"):
        require_gpus(5, jobs_per_gpu=2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(VspairError, match=r"shows 0 GPU\(s\).*device=cpu"), lease("cuda"):
        pass


def test_configure_refuses_cuda_where_torch_sees_none(monkeypatch):
    import torch

    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(VspairError, match=r"device=cuda .*sees no GPU.*device=cpu"):
        configure("cuda", threads=1)


def test_configure_sets_threads_determinism_and_precision_and_peak_memory_stays_when_memory_is_given_back():
    """In a process of its own; catches kilobytes taken for bytes, and what is held now taken for the peak."""
    code = """
import numpy, torch
from vspair.devices import configure, peak_memory
highest = [(name, False, "highest") for name in ("float32", "bfloat16")]
for precision, tf32, products in [("tf32", True, "highest"), *highest]:
    configure("cpu", threads=1, precision=precision)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert torch.backends.cudnn.allow_tf32 is tf32
    assert torch.get_float32_matmul_precision() == products
before = peak_memory("cpu")
held = numpy.ones(2**28, numpy.uint8)
with_it = peak_memory("cpu")
del held
assert 0.9 * 2**28 < with_it - before < 2 * 2**28, (before, with_it)
assert peak_memory("cpu") > with_it - 2**20, "the kernel counts in batches"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("flags", "precision", "warned"),
    [
        ("avx512f amx_bf16", "bfloat16", False),
        ("avx512f avx512_bf16", "bfloat16", False),
        ("avx2 f16c", "bfloat16", True),
        ("avx2 f16c", "float32", False),
    ],
)
def test_a_processor_without_bfloat16_is_named(monkeypatch, tmp_path, caplog, flags, precision, warned):
    import torch

    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : fpu {flags} sse2\n")
    monkeypatch.setattr("vspair.devices.PROC", tmp_path)
    configure("cpu", torch.get_num_threads(), precision)
    assert ("this processor has no such products" in caplog.text) is warned


@pytest.mark.parametrize(("precision", "product"), [("float32", "float32"), ("tf32", "float32"), ("bfloat16",) * 2])
def test_arithmetic_is_that_of_the_precision_inside_and_float32_after(precision, product):
    import torch

    ones = torch.ones(2, 2)
    with arithmetic("cpu", precision):
        assert (ones @ ones).dtype == getattr(torch, product)
    assert (ones @ ones).dtype == torch.float32


GB = 10**9
UNLIMITED = 9223372036854771712  # what version 1 shows where there is no limit


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with 64 GB available and control groups as given: folder -> (limit, usage, cached)."""
    monkeypatch.setattr(devices, "PROC", tmp_path / "proc")
    monkeypatch.setattr(devices, "CGROUPS", tmp_path / "cgroup")

    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def make(member, groups):
        free = f"MemTotal: 99999999 kB\nMemAvailable: {64 * GB // 1024} kB\nHugePages_Free: 0\n"
        write(tmp_path / "proc/meminfo", free)
        write(tmp_path / "proc/self/cgroup", member)
        for folder, (limit, usage, cached) in groups.items():
            names = ("max", "current", "inactive_file")
            if folder.startswith("memory/"):
                names = ("limit_in_bytes", "usage_in_bytes", "total_inactive_file")
            here = tmp_path / "cgroup" / folder
            write(here / f"memory.{names[0]}", f"{limit}\n")
            write(here / f"memory.{names[1]}", f"{usage}\n")
            write(here / "memory.stat", f"active_file 77\n{names[2]} {cached}\n")

    return make


@pytest.mark.parametrize(
    ("member", "groups", "left"),
    [
        ("0::/\n", {}, 64 * GB),
        ("0::/job/step\n", {"job/step": ("max", 5 * GB, 0)}, 64 * GB),
        ("0::/job/step\n", {"job/step": (16 * GB, 5 * GB, 2 * GB)}, 13 * GB),
        ("0::/job/step\n", {"job/step": ("max", 5 * GB, 0), "job": (8 * GB, 6 * GB, 0)}, 2 * GB),
        ("0::/job/step\n", {"elsewhere": (GB, 0, 0), "job/other": (GB, 0, 0)}, 64 * GB),
        ("0::/of/the/host\n", {".": (4 * GB, GB, 0)}, 3 * GB),
        ("0::/job\n", {"job": (GB, 2 * GB, 0)}, 0),
        ("0::/job\n", {"job": (100 * GB, 2 * GB, 0)}, 64 * GB),
        ("9:cpu:/job\n4:memory:/job\n0::/\n", {"memory/job": (7 * GB, 3 * GB, GB)}, 5 * GB),
        ("4:hugetlb,memory:/job\n", {"memory/job": (UNLIMITED, 3 * GB, GB)}, 64 * GB),
        ("9:cpu:/job\n", {"memory/job": (GB, 0, 0), "job": (GB, 0, 0)}, 64 * GB),
    ],
)
def test_available_memory_is_what_the_machine_and_every_group_around_leave(machine, member, groups, left):
    """Control groups of both versions; files kept in memory that nobody uses are given up when it is short."""
    machine(member, groups)
    assert available("cpu") == pytest.approx(left, abs=1024)


@pytest.mark.parametrize(
    ("member", "groups", "all_of_it"),
    [
        ("0::/\n", {}, 99999999 * 1024),
        ("0::/job/step\n", {"job/step": (16 * GB, 5 * GB, 2 * GB), "job": (8 * GB, 6 * GB, 0)}, 8 * GB),
        ("4:hugetlb,memory:/job\n", {"memory/job": (UNLIMITED, 3 * GB, GB)}, 99999999 * 1024),
    ],
)
def test_all_memory_is_the_machines_or_the_smallest_limit(machine, member, groups, all_of_it):
    machine(member, groups)
    assert memory_of("cpu") == all_of_it


@pytest.mark.parametrize(
    ("lines", "memory"),
    [(["81559 MiB", "24576 MiB"], 81559 * 2**20), ([], None), (["[N/A]"], None)],
)
def test_all_memory_of_a_gpu_is_what_nvidia_smi_says(monkeypatch, lines, memory):
    monkeypatch.setattr(devices, "_nvidia_smi", lambda query: lines)
    assert memory_of("cuda") == memory


def test_available_memory_is_that_of_this_machine_or_asked_of_torch_on_a_gpu(monkeypatch):
    """On a GPU free, not total; the peak of tensors, not what the allocator keeps."""
    import torch

    assert 2**26 < available("cpu") < os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (3 * GB, 16 * GB))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 2 * GB)
    assert (available("cuda"), peak_memory("cuda")) == (3 * GB, 2 * GB)
