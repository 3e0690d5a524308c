"""Runs of several machines come together: the real Snakemake repeats nothing, and misses nothing that is stale."""

import shutil

import pytest

FORMULA = ("vspair/distributions/spike_slab.py", "off = 1 - probability", "off = 1.0 - 1.0 * probability")
PAIRS = "results/demo/inpainting/pairs/pairs.safetensors"
SEEDS = ("--config", "seeds=[0, 1]")


def evaluation(seed):
    return f"results/demo/inpainting/evaluations/sVAE/seed{seed}/images.csv"


def join(project, away, *settings):
    result = project.run("vspair", "join", str(away), "results/demo", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.splitlines()


def audit(project, *settings):
    result = project.run("vspair", "audit", "results/demo", *settings)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def run(project, *arguments):
    result = project.snakemake(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


def without_large_files(results):
    for path in results.rglob("*.safetensors"):
        path.unlink()
    return results


def test_a_joined_folder_is_as_good_as_the_one_that_it_came_from(fresh, finished, tmp_path):
    """In a checkout that has nothing yet; no record of the other checkout's Snakemake comes along, and no weights."""
    away = without_large_files(shutil.copytree(finished.folder / "results/demo", tmp_path / "away"))
    project, original = fresh.copy(tmp_path / "project"), finished.copy(tmp_path / "original")
    assert "already there: 0" in join(project, away)[0]
    assert project.planned() == set()
    assert "stayed behind" in audit(project)
    # The pairs are made anew with the same bits; Snakemake goes by their time, the join by their content.
    run(project, PAIRS)
    assert "train sVAE" in project.planned(evaluation(0))
    assert join(project, away)[0].startswith("taken: 0 jobs (0 files, 0.0 MB)")
    assert project.planned(evaluation(0)) == set()
    audit(project)
    for side in (project, original):
        side.edit(*FORMULA)
    assert project.planned() == original.planned() != set()


@pytest.mark.slow
def test_two_machines_bring_a_seed_each(fresh, pool, tmp_path):
    def made(seed):
        project = fresh.copy(tmp_path / f"side{seed}")
        run(project, evaluation(seed), "--config", f"seeds=[{seed}]")
        return project

    project, other = pool.map(made, (0, 1))
    words = join(project, without_large_files(other.folder / "results/demo"), *SEEDS)
    assert words[0].startswith("taken: 2 jobs (")
    assert "already there: 1" in words[0]
    assert project.planned(evaluation(0), evaluation(1), *SEEDS) == set()
    assert project.planned("table3", *SEEDS) == {
        *(
            f"{rule} {model}"
            for rule in ("train", "evaluate")
            for model in ("PAIR", "vPAIR", "vsPAIR", "CVAE", "Ensemble")
        ),
        "table3",
    }
    both = "results/demo/inpainting/evaluations/sVAE/images.csv"
    assert project.planned(both, *SEEDS) == {"aggregate sVAE"}
    run(project, both, *SEEDS)
    assert "2 files stayed behind" in audit(project, *SEEDS)
    project.edit(*FORMULA)
    assert project.planned(evaluation(1), *SEEDS) == {"train sVAE", "evaluate sVAE"}
