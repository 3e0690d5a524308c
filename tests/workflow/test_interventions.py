"""The intervention analysis in a finished run: its tables from the analyses of all runs."""

import json

import pandas as pd


def test_tables_are_made_from_the_analyses_of_all_runs(results):
    table = pd.read_csv(results / "tables/int_table32.csv").set_index(["row", "column"])
    files = [results / f"interventions/analyses/dense.digits.2.1/seed{seed}.json" for seed in (1, 2)]
    found = [json.loads(file.read_text())["metrics"]["shared"]["squared"]["of_means"] for file in files]
    for metric in ("recon_diff", "int_var"):
        mean = sum(one[metric] for one in found) / 2
        assert abs(table.loc[("digits 2", metric), "value"] - mean) <= 1e-6 * abs(mean)
    published = table.dropna(subset=["published"])
    assert len(published) == 24 and set(published["verdict"]) == {"not run"}
    assert len(pd.read_csv(results / "figures/int_fig31.csv")) == 6
    choices = pd.read_csv(results / "tables/int_table_choices.csv").pivot(index="row", columns="column", values="value")
    named = choices[choices.index.str.contains("=")]["distance"]
    assert choices.loc["nearest of all", "distance"] == named.min() <= choices.loc["runner-up", "distance"]
