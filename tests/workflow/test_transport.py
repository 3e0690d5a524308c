"""Transport in a finished run: tables and figures from the scores of each run."""

import json

import pandas as pd
import pytest


def test_the_table_is_the_mean_of_the_batches_of_each_seed(results):
    table = pd.read_csv(results / "tables/wae_table1.csv").set_index(["row", "column"])
    scores = [pd.read_csv(results / f"transport/scores/sphere/sphere.10+10.seed{seed}.csv") for seed in (3, 4)]
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


def test_the_figure_shows_points_on_the_sphere_and_one_image_each(results):
    points = pd.read_csv(results / "figures/wae_fig1.csv")
    assert points.groupby("map").size().to_dict() == {"learned": 12, "minibatch": 12}
    for place in ("x", "y"):
        lengths = (points[[f"{place}{axis}" for axis in range(3)]] ** 2).sum(axis=1)
        assert lengths.to_numpy() == pytest.approx(1, abs=1e-5)
    assert (results / "figures/wae_fig1.pdf").stat().st_size > 0


def test_the_runs_of_a_stack_were_trained_as_one(results):
    cost = json.loads((results / "transport/stacks/sphere.10+10/cost.json").read_text())
    assert (cost["runs"], cost["epochs"]) == (2, 2)
    pairs = pd.read_csv(results / "tables/wae_table_pair.csv")
    methods = {"paired WAE", "cVAE", "vPAIR (ours)", "vsPAIR (ours)"}
    assert set(pairs["row"]) == {*methods, "closed form"} and (pairs["n"] == 2).all()
    scores = [pd.read_csv(results / f"transport/scores/plane/plane.exact.seed{seed}.csv") for seed in (3, 4)]
    assert all(min(frame["sbc_p"].min(), frame["tarp_p"].min()) > 1e-3 for frame in scores)
    covered = pairs[pairs["column"].str.startswith("coverage")]["value"]
    assert covered.between(0, 1).all()
