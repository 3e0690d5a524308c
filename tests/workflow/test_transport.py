"""Transport on the sphere at tiny size, from mixtures to table, figure and audit."""

import json

import pandas as pd
import pytest

TINY = """
transport:
  seeds: [3, 4]
  mixtures: {samples: 96}
  networks: {widths: [8, 6]}
  training: {epochs: 2, batch_size: 32}
  sphere: {weights: [[10, 10]], shown: 12}
  scores: {batches: 3, batch_size: 20}
"""
TARGETS = ("wae_table1", "wae_fig1")


@pytest.fixture(scope="module")
def run(fresh, tmp_path_factory):
    """A checkout in which the sphere's table and figure were made."""
    project = fresh.copy(tmp_path_factory.mktemp("transport") / "project")
    (project.folder / "config/config.yaml").write_text(f"preset: demo{TINY}")
    project.commit()
    result = project.snakemake(*TARGETS)
    assert result.returncode == 0, result.stdout + result.stderr
    return project


def test_the_table_is_the_mean_of_the_batches_of_each_seed(run):
    table = pd.read_csv(run.folder / "results/demo/tables/wae_table1.csv").set_index(["row", "column"])
    scores = [
        pd.read_csv(run.folder / f"results/demo/transport/scores/sphere/sphere.10+10.seed{seed}.csv") for seed in (3, 4)
    ]
    for column in ("mg", "ed", "sum"):
        means = [frame[column].mean() for frame in scores]
        assert table.loc[("10, 10", column), "value"] == pytest.approx(sum(means) / 2, rel=1e-6)
        assert table.loc[("10, 10", column), "verdict"] == "not comparable"
    assert set(table["verdict"]) == {"not comparable", "not run"}
    for frame in scores:
        assert len(frame) == 3
        assert (frame["ed"] > 0).all()
        # Up to rounding: a gap is the distance to the best.
        assert (frame["mg"] > -1e-6).all()


def test_the_figure_shows_points_on_the_sphere_and_one_image_each(run):
    points = pd.read_csv(run.folder / "results/demo/figures/wae_fig1.csv")
    assert points.groupby("map").size().to_dict() == {"learned": 12, "minibatch": 12}
    for place in ("x", "y"):
        lengths = (points[[f"{place}{axis}" for axis in range(3)]] ** 2).sum(axis=1)
        assert lengths.to_numpy() == pytest.approx(1, abs=1e-5)
    assert (run.folder / "results/demo/figures/wae_fig1.pdf").stat().st_size > 0


def test_its_audit_is_clean_and_nothing_is_left_to_do(run):
    audit = run.run("vspair", "audit", "results/demo")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert run.planned(*TARGETS) == set()
    cost = json.loads((run.folder / "results/demo/transport/stacks/sphere.10+10/cost.json").read_text())
    assert (cost["runs"], cost["epochs"]) == (2, 2)
