"""Every command and job that writes, on disks that take nothing: one sentence, and nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from vspair.provenance.crate import export
from vspair.provenance.run.chain import Run
from vspair.provenance.run.ledger import COLUMNS, flat, ledger

CRATE = {
    "LICENSE": "Some licence\n",
    "README.md": "# Tiny\n",
    "CITATION.cff": "cff-version: 1.2.0\ntitle: Tiny\nlicense: MIT\nauthors:\n  - name: The tiny developers\n",
    "workflow/Snakefile": "rule all: input: []\n",
    "docs/evidence.md": "# Evidence\n",
    "config/campaigns/mine.yaml": "preset: demo\nsteps: [{name: one, tells: first, targets: [table1]}]\n",
}
COMMANDS = """
import contextlib, io, json, shutil, sys, traceback, types
from pathlib import Path
import vspair
from vspair.commands import settings
from vspair.__main__ import main

VALUES = {"training.epochs": 3, "training.rates": [0.1, 0.2], "seeds": [0, 1]}
root, place, calls = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
vspair.__file__ = str(root / "vspair/__init__.py")


def resolve(root, overrides):
    return types.SimpleNamespace(data_dir=None, problems={}, select=lambda keys: {key: VALUES[key] for key in keys})


settings.resolve = resolve
usage = shutil.disk_usage("/")
# The disk is found full when it is, as by another process that fills it meanwhile.
shutil.disk_usage = lambda folder: usage._replace(free=10**12)
found = {}
for name, arguments in calls.items():
    before = {str(path) for path in place.rglob("*") if path.is_file()}
    said, failed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(failed):
        try:
            code = main(arguments)
        except BaseException:
            code = traceback.format_exc()
    new = sorted({str(path) for path in place.rglob("*") if path.is_file()} - before)
    found[name] = {"code": code, "error": failed.getvalue(), "new": new}
print(json.dumps(found))
"""
FULL = "no space left on the disk that holds "
READ_ONLY = "may only be read, so "
PERMISSION = "no permission for "
REFUSED_RESULTS = {
    "sign off": ["audit", "{run}", "--sign-off", "A. Reader", "--note", "as it is"],
    "release-check": ["release-check", "{run}"],
    "report": ["report", "{run}"],
    "json": ["audit", "{run}", "--json", "{run}/../found.json"],
    "bundle": ["bundle", "{run}", "{run}/../kept"],
    "export": ["export", "{run}", "{run}/../crate"],
    "export to a ZIP file": ["export", "{run}", "{run}/../crate.zip"],
    "import": ["import", "{crate}", "{run}/../imported"],
    "campaign": ["campaign", "mine"],
}


@pytest.fixture
def handed_on(complete, settings, tmp_path):
    """The tiny run, signed off by nobody, with all that a crate needs, and a crate of it."""
    pytest.importorskip("rocrate")
    for name, text in CRATE.items():
        path = complete.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    complete.commit()
    complete.everything()
    # Vouches for the table, so that a full audit finds nothing.
    lines = flat(ledger(Run(complete.run, complete.root)), {"tables/table1.csv"})
    text = pd.DataFrame(lines, columns=list(COLUMNS)).to_csv(index=False, float_format="%.8g")
    complete.job("ledger", ["tables/table1.csv"], ["ledger.csv"], text)
    export(complete.run, tmp_path / "crate.zip", complete.root, [])
    return complete


def private(mounts):
    """How a command is run where these mounts are its own."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare on this machine, so no private disk can be mounted")
    trial = subprocess.run(["unshare", "-rm", "sh", "-c", mounts], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"no private disk can be mounted here: {trial.stderr.strip()}")
    return ["unshare", "-rm", "sh", "-c", f'{mounts} && exec "$@"', "sh"]


def full(results):
    size = sum(path.stat().st_size for path in results.rglob("*")) // 1024 + 512
    return private(
        f"cp -a {results} {results}.kept && mount -t tmpfs -o size={size}k tmpfs {results} && "
        f"cp -a {results}.kept/. {results} && rm -r {results}.kept && "
        f"{{ dd if=/dev/zero of={results}/filling bs=1k 2> {results}.said; rm {results}.said; }}"
    )


def read_only(results):
    return private(f"mount --bind {results} {results} && mount -o remount,bind,ro {results}")


def without_permission(results):
    for path in [results, *results.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.getuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv on this machine, so root may write everywhere")
    drop = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"]


KINDS = {full: FULL, read_only: READ_ONLY, without_permission: PERMISSION}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_command_says_why_it_could_not_write(handed_on, tmp_path, kind):
    results = handed_on.run.parent
    places = {"run": str(handed_on.run), "crate": str(tmp_path / "crate.zip")}
    calls = {name: [word.format(**places) for word in words] for name, words in REFUSED_RESULTS.items()}
    before = kind(results)
    command = [*before, sys.executable, "-c", COMMANDS, str(handed_on.root), str(results), json.dumps(calls)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        for path in [results, *results.rglob("*")]:
            path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    for name, found in json.loads(done.stdout).items():
        assert found["code"] == 2, (name, found)
        assert KINDS[kind] in found["error"], (name, found)
        assert found["error"].startswith("error: ") and found["error"].count("\n") == 1, (name, found)
        assert "run the same command again" in found["error"], (name, found)
        assert found["new"] == [], (name, found)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_job_says_why_it_could_not_write(project, kind):
    """At its log already where nothing can be made, else at its output; and no output is left by halves."""
    project.run.mkdir(parents=True)
    script = (
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[1])\n"
        "from conftest import Project\nfrom vspair.files import write_text\nfrom vspair.provenance import recorded\n"
        "project = object.__new__(Project)\nproject.root = Path(sys.argv[2])\n"
        "project.run = project.root / 'results/demo'\n"
        "snakemake = project.snakemake('prepare', ['data:raw.txt'], ['prepared/pairs.txt'])\n"
        "with recorded(snakemake) as job:\n    job.log.info('begun')\n"
        "    write_text(snakemake.output['files'][0], 'x' * 2**20)\n"
    )
    results = project.run.parent
    before = kind(results)
    command = [*before, sys.executable, "-c", script, str(Path(__file__).parent), str(project.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for path in [results, *results.rglob("*")]:
        path.chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1 and KINDS[kind] in said[0], done.stderr
    assert not [path for path in results.rglob("*") if path.is_file() and path.name != "prepare.log"]


def test_what_cannot_be_printed_is_an_error_in_one_sentence(complete, settings):
    """The standard output is a file on a full disk; then the standard error too."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this machine")
    script = COMMANDS.partition("usage =")[0] + "sys.exit(main(calls))"
    calls = json.dumps(["audit", str(complete.run)])
    command = [sys.executable, "-c", script, str(complete.root), str(complete.run), calls]
    with Path("/dev/full").open("w") as nothing:
        done = subprocess.run(command, stdout=nothing, stderr=subprocess.PIPE, text=True, check=False)
        both = subprocess.run(command, stdout=nothing, stderr=nothing, check=False)
    assert done.stderr.startswith("error: no space left on the disk")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, both.returncode) == (2, 2)
