"""The command in a receipt, typed in the project's root, names the very file, however the project is laid out."""

import shlex
from pathlib import Path

import pytest

from vspair.provenance import recorded
from vspair.provenance.receipt.building import asked_for
from vspair.provenance.receipt.places import Places
from vspair.provenance.receipt.reading import read
from vspair.provenance.run.chain import Run
from vspair.provenance.why import why

FILE = "results/demo/prepared/pairs.txt"


def plain(project):
    return project.root


def results_a_link(project):
    scratch = project.root.parent / "scratch"
    scratch.mkdir()
    (project.root / "results").symlink_to(scratch)
    return project.root


def results_a_link_in_the_project(project):
    (project.root / "scratch").mkdir()
    (project.root / "results").symlink_to("scratch")
    return project.root


def run_a_link(project):
    scratch = project.root.parent / "scratch/me"
    scratch.mkdir(parents=True)
    (project.root / "results").mkdir()
    (project.root / "results/demo").symlink_to(scratch)
    return project.root


def through_a_link(project):
    results_a_link(project)
    (project.root.parent / "reached").symlink_to(project.root)
    return project.root.parent / "reached"


def upwards(project):
    results_a_link(project)
    return project.root / "scripts/.."


def with_blanks(project):
    moved = project.root.rename(project.root.parent / "a project's folder; $(touch x)")
    return moved


def data_a_link(project):
    (project.root / "data").rename(project.root.parent / "raw")
    (project.root / "data").symlink_to("../raw")
    return results_a_link(project)


LAYOUTS = (
    *(plain, results_a_link, results_a_link_in_the_project, run_a_link, through_a_link, upwards, with_blanks),
    data_a_link,
)


def record(snakemake):
    with recorded(snakemake, Path(snakemake.config["local"]["root"])):
        path = Path(snakemake.output["files"][0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("pairs\n")


def target_of(command):
    words = shlex.split(command)
    assert words[0] == "snakemake"
    return words[words.index("--force") + 1], words


@pytest.mark.parametrize("named", ["as rules have it", "absolute"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_the_command_names_the_file_that_was_made(project, monkeypatch, layout, named):
    project.root = layout(project)
    project.run = project.root / "results/demo"
    snakemake = project.snakemake("prepare", ["data:raw.txt"], ["prepared/pairs.txt"])
    snakemake.config["local"] |= {"root": str(project.root), "data_dir": "data"}
    if named == "as rules have it":
        monkeypatch.chdir(project.root)
        snakemake.output = {"files": [FILE], "receipt": "results/demo/prepared/pairs.receipt.json"}
        snakemake.input = ["data/raw.txt"]
    record(snakemake)
    receipt = read(project.run / "prepared/pairs.receipt.json")
    assert (list(receipt.outputs), list(receipt.inputs)) == (["prepared/pairs.txt"], ["data:raw.txt"])
    target, words = target_of(receipt.command)
    assert target == FILE
    assert (project.root / target).samefile(project.run / "prepared/pairs.txt")
    assert "--directory" not in words
    assert why(project.run / "prepared/pairs.txt", project.root)["command"] == receipt.command
    assert Run(project.run, project.root).linked() == []


@pytest.mark.parametrize("elsewhere", ["beside", "in a folder with blanks", "below"])
def test_where_snakemake_worked_in_another_folder_the_command_says_which(project, monkeypatch, elsewhere):
    folder = project.root / "below" if elsewhere == "below" else project.root.parent / elsewhere
    folder.mkdir()
    monkeypatch.chdir(folder)
    snakemake = project.snakemake("prepare", [], ["prepared/pairs.txt"])
    snakemake.output = {"files": [FILE], "receipt": "results/demo/prepared/pairs.receipt.json"}
    snakemake.input = [str(project.root / "envs/constraints.txt")]
    snakemake.config["local"] |= {"root": str(project.root), "folder": str(folder), "data_dir": "data"}
    record(snakemake)
    receipt = read(folder / "results/demo/prepared/pairs.receipt.json")
    assert (list(receipt.outputs), list(receipt.inputs)) == (["prepared/pairs.txt"], ["project:envs/constraints.txt"])
    target, words = target_of(receipt.command)
    directory = words[words.index("--directory") + 1]
    assert not Path(directory).is_absolute()
    assert (project.root / directory / target).samefile(folder / FILE)
    assert str(project.root.parent) not in (folder / "results/demo/prepared/pairs.receipt.json").read_text()


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("results/demo/tables/a.csv", "results/demo/tables/a.csv"),
        ("results/sources/mnist.files.json", "results/sources/mnist.files.json"),
        ("data/slices.files.json", "data/slices.files.json"),
        ("{root}/results/demo/tables/a.csv", "results/demo/tables/a.csv"),
        ("{root}/results/sources/mnist.files.json", "results/sources/mnist.files.json"),
        ("{root}/data/slices.files.json", "data/slices.files.json"),
    ],
)
def test_files_that_are_not_the_runs_are_asked_for_too(project, path, asked):
    places = Places(run=project.run, root=project.root, data=project.root / "data")
    assert asked_for(Path(path.format(root=project.root)), places, "results/demo") == asked
