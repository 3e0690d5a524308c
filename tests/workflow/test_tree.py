"""What would make every result one of a dirty tree is said when a run starts, and by name."""

import shutil

import pytest
import yaml

WARNING = "so that results made now will fail the audit as those of a dirty tree"


def table8(project, *more):
    result = project.snakemake("table8", *more)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.mark.slow
def test_a_run_begins_with_the_names_of_what_makes_its_tree_dirty(untouched):
    """And its audit and `why` repeat them; a link in the place of results, or a scheduler's log, is none of it."""
    project = untouched
    (project.folder / "slurm-77.out").write_text("job 77\n")
    (project.folder / "scratch").mkdir()
    shutil.move(project.folder / "scratch", project.folder.parent / "scratch")
    (project.folder / "results").symlink_to("../scratch")
    assert "warning" not in table8(project)
    assert project.run("vspair", "audit", "results/demo").returncode == 0

    (project.folder / "config/notes.txt").write_text("mine\n")
    text = table8(project, "--forcerun", "table8")
    assert text.count(WARNING) == 1
    assert text.index("(untracked config/notes.txt), " + WARNING) < text.index("localrule table8")
    audit = project.run("vspair", "audit", "results/demo")
    assert audit.returncode == 15
    assert "(untracked config/notes.txt): commit, then remake it with" in audit.stdout
    why = project.run("vspair", "why", "results/demo/tables/table8.csv")
    assert "(untracked config/notes.txt)" in why.stdout


@pytest.mark.slow
def test_a_campaign_begins_with_them_too(untouched):
    project = untouched
    steps = [{"name": "sizes", "tells": "counts", "targets": ["table8"]}]
    (project.folder / "config/campaigns/mine.yaml").write_text(yaml.safe_dump({"preset": "demo", "steps": steps}))
    result = project.run("vspair", "campaign", "mine", "--cores", "1")
    text = result.stdout + result.stderr
    assert result.returncode == 0, text
    assert text.count(f"(untracked config/campaigns/mine.yaml), {WARNING}") == 1
