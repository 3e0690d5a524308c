"""Runs of several machines come together: the real Snakemake repeats nothing, and misses nothing that is stale."""

import shutil

import pytest

FORMULA = ("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability")
SEEDS = ("--config", "seeds=[0, 1]")
OTHERS = ("PAIR", "vPAIR", "vsPAIR", "vsPAIRplus", "CVAE", "Ensemble")


def evaluation(seed):
    return f"results/demo/inpainting/evaluations/sVAE/digits/seed{seed}/images.csv"


def join(project, away, *settings):
    result = project.run("vspair", "join", str(away), "results/demo", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def audit(project, *settings):
    result = project.run("vspair", "audit", "results/demo", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run(project, *arguments):
    result = project.snakemake(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
def test_a_joined_folder_is_as_good_as_the_one_that_it_came_from(fresh, finished, tmp_path):
    """In a checkout that has nothing yet: no weights come along, and no record of the other checkout's Snakemake."""
    away = shutil.copytree(finished.folder / "results/demo", tmp_path / "away")
    for path in away.rglob("weights.safetensors"):
        path.unlink()
    project, original = fresh.copy(tmp_path / "project"), finished.copy(tmp_path / "original")
    assert "already there: 0" in join(project, away)
    assert project.planned() == set()
    assert "stayed behind" in audit(project)
    for side in (project, original):
        side.edit(*FORMULA)
    assert project.planned() == original.planned() != set()


@pytest.fixture(scope="module")
def sides(fresh, pool, tmp_path_factory):
    """A checkout with a method of seed 0, and the results of another one with seed 1 without any of the large files."""

    def made(seed):
        project = fresh.copy(tmp_path_factory.mktemp("side") / "project")
        run(project, "--cores", "1", evaluation(seed), "--config", f"seeds=[{seed}]")
        return project

    here, away = pool.map(made, (0, 1))
    for path in (away.folder / "results").rglob("*.safetensors"):
        path.unlink()
    return here, away.folder / "results/demo"


@pytest.mark.slow
def test_two_machines_bring_a_seed_each(sides, tmp_path):
    here, away = sides
    project = here.copy(tmp_path / "project")
    assert join(project, away, *SEEDS).startswith("taken: 2 jobs (")
    assert project.planned(evaluation(0), evaluation(1), *SEEDS) == set()
    others = {f"{rule} {method} digits" for rule in ("train", "evaluate") for method in OTHERS}
    assert project.planned("table3", *SEEDS) == {*others, "table3"}
    both = "results/demo/inpainting/evaluations/sVAE/digits/images.csv"
    assert project.planned(both, *SEEDS) == {"aggregate sVAE digits"}
    run(project, both, *SEEDS)
    assert "2 files stayed behind" in audit(project, *SEEDS)
    project.edit(*FORMULA)
    assert project.planned(evaluation(1), *SEEDS) == {"train sVAE digits", "evaluate sVAE digits"}


@pytest.mark.slow
def test_what_came_without_its_pairs_is_kept_when_these_are_made_and_it_is_joined_again(fresh, sides, tmp_path):
    """Snakemake goes by the time of the new pairs, the join by their content."""
    project = fresh.copy(tmp_path / "project")
    assert "jobs still to be made read inpainting/pairs/digits.safetensors" in join(project, sides[1], *SEEDS)
    run(project, "results/demo/inpainting/pairs/digits.safetensors", *SEEDS)
    assert project.planned(evaluation(1), *SEEDS) == {"train sVAE digits", "evaluate sVAE digits"}
    assert join(project, sides[1], *SEEDS).startswith("taken: 0 jobs (0 files, 0.0 MB); already there: 3")
    assert project.planned(evaluation(1), *SEEDS) == set()
    audit(project, *SEEDS)
