"""A disk that is full or read-only: one sentence, nothing half-written, and the run goes on when that is over."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[3]
ROOM = {"scan_block": 3, "train": 2, "table_ct": 2}
"""Times that the disk is full at each stage, with a little more room each time."""
LARGEST = 400_000
"""Bytes of room within which each of these stages fails somewhere."""
COMMANDS = {
    "report": ("report", "results/demo"),
    "audit --json": ("audit", "results/demo", "--json", "results/found.json"),
    "audit --sign-off": ("audit", "results/demo", "--sign-off", "A. Reviewer"),
    "release-check": ("release-check", "results/demo"),
    "bundle": ("bundle", "results/demo", "results/kept"),
    "export to a ZIP file": ("export", "results/demo", "results/crate.zip", "--with-breaks"),
    "export to a folder": ("export", "results/demo", "results/crate", "--with-breaks"),
    "join": ("join", "away", "results/demo"),
    "import": ("import", "crate.zip", "results/imported"),
}


@contextmanager
def disk_of(tiny, room):
    """The results on a small disk of their own with so much room left; gives what mounts it with another option."""
    results = tiny.project.folder / "results"
    aside = shutil.move(results, results.with_name("aside"))
    results.mkdir()
    mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", results)
    try:
        shutil.copytree(aside, results, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)
        used = os.statvfs(results)
        size = (used.f_blocks - used.f_bfree) * used.f_frsize + room
        change = lambda option: mount("-o", f"remount,{option}", results)  # noqa: E731
        change(f"size={size}")
        yield change
    finally:
        subprocess.run(["umount", "-l", str(results)], check=True)


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module", autouse=True)
def may_mount(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mount")
    try:
        mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a small disk here: run as root")
    subprocess.run(["umount", str(folder)], check=True)


def run_on_full(beginning, moment, helpers, name, stage):
    tiny = beginning(stage)
    with disk_of(tiny, 8192 + int(moment(name, LARGEST))) as change:
        result = tiny.run()
        said = result.stdout + result.stderr
        if result.returncode == 0:
            return tiny.fault()
        if helpers["TRACEBACK"] in said:
            return f"a traceback: {helpers['last'](said)}"
        if "free some space" not in said:
            return f"no sentence: {helpers['last'](said)}"
        if left := [path for path in tiny.temporary() if "checkpoint" not in path]:
            return f"half-written: {left[0]}"
        change("size=64m")
        return tiny.finish()


def test_a_full_disk_while_jobs_run(beginning, moment, helpers, side_by_side, told):
    names = [(f"full disk {number} at {stage}", stage) for stage, times in ROOM.items() for number in range(times)]
    calls = {name: (run_on_full, beginning, moment, helpers, name, stage) for name, stage in names}
    told("full disk, jobs", side_by_side(calls))


def everything(folder):
    return {str(path.relative_to(folder)): path.lstat().st_size for path in folder.rglob("*")}


def sentence(helpers, result, before, after, may_succeed):
    """What is wrong with a refusal of a command."""
    said = result.stdout + result.stderr
    if helpers["TRACEBACK"] in said:
        return f"a traceback: {helpers['last'](said)}"
    if result.returncode == 0:
        return None if may_succeed else "says that all is well"
    lines = result.stderr.strip().splitlines()
    if len(lines) != 1 or not lines[0].startswith("error: "):
        return f"no sentence: {helpers['last'](said)}"
    if before != after:
        return f"half-written: {sorted(before.items() ^ after.items())[:2]}"
    return None


def prepared(beginning):
    """A finished run that a person has signed, with another one to be joined, and a crate."""
    tiny = beginning("nothing")
    for name in ("CITATION.cff", "LICENSE", "README.md", "Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tiny.project.folder)
    tiny.project.commit()
    signed = tiny.command("audit", "results/demo", "--sign-off", "A. Reviewer")
    assert signed.returncode == 0, signed.stdout + signed.stderr
    shutil.copytree(tiny.results, tiny.project.folder / "away")
    crate = tiny.command("export", "results/demo", "crate.zip", "--with-breaks")
    assert crate.returncode == 0, crate.stderr
    return tiny


def hindered(beginning, helpers, option, after):
    """What is wrong with each command on a disk that is full or read-only, and then on one that is not."""
    outcomes, tiny = {}, prepared(beginning)
    for name, arguments in COMMANDS.items():
        if name == "join":
            shutil.rmtree(tiny.results / "tables")
        with disk_of(tiny, 0) as change:
            folder = tiny.project.folder / "results"
            if option:
                # The folder itself and two more, so that a command fails behind its first steps.
                change(option.format(sum(1 for _ in folder.rglob("*")) + 3))
            before = everything(folder)
            result = tiny.command(*arguments)
            outcomes[name] = sentence(helpers, result, before, everything(folder), "inodes" in (option or ""))
            change(after)
            again = tiny.command(*arguments) if result.returncode else result
            if outcomes[name] is None and again.returncode != 0:
                outcomes[name] = f"does not go on: {helpers['last'](again.stdout + again.stderr)}"
            shutil.copytree(folder / "demo", tiny.project.folder / "kept-demo", symlinks=True)
        shutil.rmtree(tiny.project.folder / "results")
        (tiny.project.folder / "results").mkdir()
        (tiny.project.folder / "kept-demo").rename(tiny.results)
        (tiny.results / "report.html").unlink(missing_ok=True)
    return outcomes


def test_commands_on_a_full_disk(beginning, helpers, told):
    told("full disk, commands", hindered(beginning, helpers, None, "size=64m"))


def test_commands_on_a_disk_that_holds_no_more_files(beginning, helpers, told):
    """There are free bytes, so that what asks for them beforehand begins, and fails in the middle; one file fits."""
    told("disk without a free file", hindered(beginning, helpers, "size=64m,nr_inodes={}", "nr_inodes=100000"))


def test_commands_on_a_read_only_disk(beginning, helpers, told):
    told("read-only disk, commands", hindered(beginning, helpers, "ro", "rw,size=64m"))


def run_read_only(beginning, helpers, stage):
    tiny = beginning(stage)
    with disk_of(tiny, 1 << 24) as change:
        change("ro")
        result = tiny.run()
        said = result.stdout + result.stderr
        if result.returncode == 0:
            return "says that all is well"
        if helpers["TRACEBACK"] in said:
            return f"a traceback: {helpers['last'](said)}"
        if "may only be read, so" not in said:
            return f"no sentence: {helpers['last'](said)}"
        change("rw")
        return tiny.finish()


def test_jobs_on_a_read_only_disk(beginning, helpers, side_by_side, told):
    calls = {stage: (run_read_only, beginning, helpers, stage) for stage in ("train", "table_ct")}
    told("read-only disk, jobs", side_by_side(calls))
