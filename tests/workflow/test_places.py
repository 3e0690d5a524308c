"""The project in odd places: behind links, with blanks, of another user, where nothing may be written."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vspair.provenance.receipt.reading import read

RECEIPT = "results/demo/tables/table8.receipt.json"
OWNER = 'git config --global --add safe.directory "$(pwd -P)"'


def run_table8(project, *more, **environment):
    result = project.snakemake("table8", *more, **environment)
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    return text


def plans_table8(project, command):
    """That a command of a receipt, typed in the project's root, remakes the table."""
    words = shlex.split(command)
    assert words[0] == "snakemake"
    result = project.run(*words, "--dry-run")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    assert "rule table8:" in text
    return text


@pytest.mark.slow
def test_behind_links_and_with_blanks_the_remaking_command_is_right(untouched, tmp_path):
    """In the receipt, by `why`, and in a crate."""
    pytest.importorskip("rocrate")
    real = tmp_path / "my projects/it's one"
    real.parent.mkdir()
    untouched.folder.rename(real)
    (tmp_path / "on scratch").mkdir()
    (real / "results").symlink_to(tmp_path / "on scratch")
    (tmp_path / "reached").symlink_to(real)
    project = type(untouched)(tmp_path / "reached")
    run_table8(project, PWD=str(project.folder))
    command = read(project.folder / RECEIPT).command
    assert command.endswith("--force results/demo/tables/table8.csv")
    plans_table8(project, command)
    audit = project.run("vspair", "audit", "results/demo")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    why = project.run("vspair", "why", "results/demo/tables/table8.csv")
    assert f"remake it with: {command}" in why.stdout
    for name in ("LICENSE", "README.md", "CITATION.cff", "docs/evidence.md"):
        (project.folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(Path(__file__).parents[2] / name, project.folder / name)
    export = project.run("vspair", "export", "results/demo", str(tmp_path / "crate"))
    assert export.returncode == 0, export.stderr
    assert f"Remade by: {command}" in (tmp_path / "crate/ro-crate-metadata.json").read_text()


@pytest.mark.slow
def test_in_another_working_folder_the_evidence_is_whole_and_the_command_says_where(untouched, tmp_path):
    (tmp_path / "work").mkdir()
    elsewhere = type(untouched)(tmp_path / "work")
    snakefile = "../project/workflow/Snakefile"
    path = {"PYTHONPATH": str(untouched.folder)}
    run_table8(elsewhere, "--snakefile", snakefile, **path)
    assert not (untouched.folder / "results").exists()
    audit = untouched.run("vspair", "audit", str(tmp_path / "work/results/demo"))
    assert audit.returncode == 0, audit.stdout + audit.stderr
    command = read(tmp_path / "work" / RECEIPT).command
    assert "--directory ../work " in command
    plans_table8(untouched, command)


@pytest.mark.slow
def test_a_checkout_of_another_user_is_called_that_when_a_run_starts(untouched):
    """And what to do about it; git's own safety stands."""
    if os.getuid():
        pytest.skip("only root can give a folder to another user")
    project = untouched
    for path in (project.folder, project.folder / ".git"):
        os.chown(path, 65534, 65534)
    home = {"HOME": str(project.folder.parent)}
    text = run_table8(project, **home)
    assert text.index("which another user owns, so that results will name no commit") < text.index("rule table8:")
    assert text.count(OWNER) == 1
    audit = project.run("vspair", "audit", "results/demo", **home)
    assert "no git commit, since git refuses to read the repository, which another user owns: if you" in audit.stdout
    assert OWNER in audit.stdout
    why = project.run("vspair", "why", "results/demo/tables/table8.csv", **home)
    assert OWNER in why.stdout


def a_file_for_the_records(folder):
    (folder / ".snakemake").touch()
    return "in the place of {folder}.*so .snakemake was not written.* --directory FOLDER"


def a_link_to_nowhere_for_results(folder):
    (folder / "results").symlink_to("../gone")
    return "in the place of {folder}/results, so demo was not written"


OBSTACLES = {
    a_file_for_the_records: ("table8", "--dry-run"),
    a_link_to_nowhere_for_results: ("table8",),
}


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda obstacle: obstacle.__name__)
def test_where_nothing_can_be_written_a_run_says_so_before_its_first_job(untouched, obstacle):
    words = obstacle(untouched.folder).format(folder=re.escape(str(untouched.folder)))
    result = untouched.snakemake(*OBSTACLES[obstacle])
    text = result.stdout + result.stderr
    assert result.returncode != 0
    assert re.search(words, text), text
    assert "Traceback (most recent call last)" not in text
    assert not re.search(r"^(local)?rule table8:", text, re.MULTILINE)


def mounted(folder, command, **environment):
    """Run a command where a folder may only be read."""
    if not shutil.which("unshare"):
        pytest.skip("no unshare on this machine, so no private disk can be mounted")
    mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
    trial = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, text=True, check=False)
    if trial.returncode:
        pytest.skip(f"no private disk can be mounted here: {trial.stderr.strip()}")
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        # Not this repository, whose package Python would find first.
        cwd="/",
        env={**os.environ, **environment},
    )


@pytest.mark.slow
def test_a_checkout_that_may_only_be_read_is_told_and_what_is_advised_works(untouched, tmp_path):
    folder, environment = untouched.folder, {"PYTHONPATH": str(untouched.folder), "PYTHONDONTWRITEBYTECODE": "1"}
    (tmp_path / "mine").mkdir()
    project = ["snakemake", "--cores", "1", "--snakefile", str(folder / "workflow/Snakefile")]
    refused = mounted(folder, [*project, "--directory", str(folder), "table8"], **environment)
    text = refused.stdout + refused.stderr
    assert refused.returncode != 0
    assert f"the disk that holds {folder} may only be read, so .snakemake was not written" in text
    assert "Traceback (most recent call last)" not in text
    advised = re.search(r"snakemake (--snakefile \S+ --directory) FOLDER", text)[1].split()
    done = mounted(folder, [*project[:3], *advised, str(tmp_path / "mine"), "table8"], **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    audit = mounted(folder, ["vspair", "audit", str(tmp_path / "mine/results/demo")], **environment)
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_results_that_may_only_be_read_are_told_before_the_first_job(untouched):
    results = untouched.folder / "results"
    (results / "demo").mkdir(parents=True)
    directory = ("--directory", str(untouched.folder), "--snakefile", str(untouched.folder / "workflow/Snakefile"))
    command = ["snakemake", "--cores", "1", *directory, "table8"]
    done = mounted(results, command, PYTHONPATH=str(untouched.folder))
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"the disk that holds {results} may only be read, so demo was not written" in text
    assert "Traceback (most recent call last)" not in text
    assert "rule table8:" not in text
