"""Hostile surroundings: small limits, foreign locales, no home, no room for temporary files, closed streams."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ENVIRONMENTS = {
    "LANG=C, ASCII streams": {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "LC_ALL of no locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE@euro"},
    "TZ beyond a day": {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    "HOME is a file": {"HOME": "{file}"},
    "HOME cannot be written": {"HOME": "/proc"},
    "HOME is missing": {"HOME": "{folder}/none"},
    "TMPDIR is missing": {"TMPDIR": "{folder}/none"},
    "TMPDIR cannot be written": {"TMPDIR": "/proc"},
    "TMPDIR with spaces": {"TMPDIR": "{folder}/with 'odd' $(touch x)"},
    "XDG_CACHE_HOME is a file": {"XDG_CACHE_HOME": "{file}"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
}
FOREIGN = ("XDG_CACHE_HOME is a file", "warnings are errors", "files of 1 kB")
"""In these Snakemake itself ends or warns before it reads a line of the project."""
OURS = re.compile(r'File "[^"]*/(vspair|scripts|workflow/(rules|Snakefile))')
LIMITS = {
    "64 open files": "ulimit -n 64",
    "stack of 256 kB": "ulimit -s 256",
    "files of 64 kB": "ulimit -f 64",
    "files of 1 kB": "ulimit -f 1",
    "address space of 4 GB": "ulimit -v 4000000",
    "address space of 1 GB": "ulimit -v 1000000",
    "umask 077": "umask 077",
}
STREAMS = {
    "stdin closed": '"$@" <&-',
    "stdout closed": '"$@" >&-',
    "stderr closed": '"$@" 2>&-',
    "stdout full": '"$@" >/dev/full',
    "stdout and stderr to head -1": '"$@" 2>&1 | head -1',
}
COMMANDS = (("audit", "results/demo"), ("why", "results/demo/tables/table_ct.csv"), ("report", "results/demo"))


def judged(tiny, helpers, result, may_refuse=False, foreign=False):
    """What is wrong: of a success the results, of a refusal its words, and in both cases what another try gives."""
    said = result.stdout + result.stderr
    if helpers["TRACEBACK"] in said and not (foreign and not OURS.search(said)):
        return f"a traceback: {helpers['last'](said)}"
    if result.returncode and not (may_refuse or foreign):
        return f"refused: {helpers['last'](said)}"
    if result.returncode and not said.strip():
        return "ends without a word"
    return tiny.finish() if result.returncode else tiny.fault()


def within(tiny, script, *arguments, **environment):
    """A shell's `script` around a command of the environment's Python, in the checkout."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("VSPAIR_DATA", "PYTHONPATH")}
    return subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-m", *arguments],
        cwd=tiny.project.folder,
        env={**inherited, "PYTHONPATH": str(tiny.project.folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        errors="replace",
    )


def in_environment(beginning, helpers, folder, name):
    tiny = beginning("train")
    (folder / "file").touch()
    environment = {
        key: value.format(file=folder / "file", folder=folder) if key in ("HOME", "TMPDIR", "XDG_CACHE_HOME") else value
        for key, value in ENVIRONMENTS[name].items()
    }
    if "with" in name and "TMPDIR" in environment:
        Path(environment["TMPDIR"]).mkdir()
    result = within(tiny, '"$@"', "snakemake", "--cores", "2", *helpers["asked"](), **environment)
    if fault := judged(tiny, helpers, result, foreign=name in FOREIGN):
        return fault
    for command in COMMANDS:
        result = within(tiny, '"$@"', "vspair", *command, "--config", *helpers["CONFIG"], **environment)
        if result.returncode or helpers["TRACEBACK"] in result.stderr:
            return f"{command[0]}: {helpers['last'](result.stdout + result.stderr)}"
    return "a name was executed" if (tiny.project.folder / "x").exists() else None


def test_environments(beginning, helpers, tmp_path_factory, side_by_side, told):
    folders = {name: tmp_path_factory.mktemp("around") for name in ENVIRONMENTS}
    calls = {name: (in_environment, beginning, helpers, folder, name) for name, folder in folders.items()}
    told("locale, HOME, TMPDIR", side_by_side(calls))


def in_limits(beginning, helpers, name):
    tiny = beginning("train")
    script = f'{LIMITS[name]}; exec "$@"'
    result = within(tiny, script, "snakemake", "--cores", "2", *helpers["asked"]())
    return judged(tiny, helpers, result, may_refuse="umask" not in name, foreign=name in FOREIGN)


def test_small_limits(beginning, helpers, side_by_side, told):
    told("small limits", side_by_side({name: (in_limits, beginning, helpers, name) for name in LIMITS}))


def with_streams(beginning, helpers, name):
    tiny = beginning("table_ct")
    for command in COMMANDS:
        tiny_now = ("vspair", *command, "--config", *helpers["CONFIG"])
        result = within(tiny, STREAMS[name], *tiny_now)
        if helpers["TRACEBACK"] in result.stdout + result.stderr:
            return f"{command[0]}: {helpers['last'](result.stdout + result.stderr)}"
    result = within(tiny, STREAMS[name], "snakemake", "--cores", "2", *helpers["asked"]())
    # Snakemake itself may end when nobody listens; the same command must go on.
    return tiny.fault() if not result.returncode and (tiny.results / "tables/table_ct.csv").exists() else tiny.finish()


def test_closed_streams(beginning, helpers, side_by_side, told):
    told("closed streams", side_by_side({name: (with_streams, beginning, helpers, name) for name in STREAMS}))
