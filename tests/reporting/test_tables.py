"""Tables: tidy CSV with verdicts, and what is rendered from it."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from vspair.config import resolve
from vspair.reporting import Cell, Published, read_published, table_frame, write_table
from vspair.reporting.tables import COLUMNS, headline

ROOT = Path(__file__).parents[2]
PUBLISHED = Published({("A", "mse"): (0.5, 0.01), ("B", "mse"): (0.7, 0.01)}, {"epochs": 100})


def frame(cells, epochs=100):
    """Table of cells against PUBLISHED, by row and column."""
    return table_frame(cells, PUBLISHED, {"epochs": epochs}).set_index(["row", "column"])


def test_mean_spread_and_number_over_seeds():
    line = frame([Cell("A", "mse", [0.4, 0.5, 0.6], "u")]).loc[("A", "mse")]
    assert (line["value"], line["sd"], line["n"], line["unit"]) == (pytest.approx(0.5), pytest.approx(0.1), 3, "u")
    assert line["verdict"] == "reproduced"


def test_what_was_not_measured_gets_a_line_that_says_so():
    line = frame([Cell("A", "mse", [0.5])]).loc[("B", "mse")]
    assert line["verdict"] == "not run"
    assert pd.isna(line["value"])
    assert line["published"] == 0.7


def test_a_number_without_published_counterpart_has_no_verdict():
    assert frame([Cell("A", "time", [1.0])]).loc[("A", "time"), "verdict"] is None


def test_a_configuration_that_misses_a_condition_is_not_comparable():
    assert frame([Cell("A", "mse", [0.5])], epochs=4).loc[("A", "mse"), "verdict"] == "not comparable"
    assert PUBLISHED.obstacle({"epochs": 4}) == "epochs is 4, the paper's is 100"


def test_the_three_forms_hold_the_same_numbers(tmp_path):
    table = table_frame([Cell("A_1", "mse", [0.4, 0.5]), Cell("A_1", "count", [13067043])], PUBLISHED, {"epochs": 100})
    write_table(tmp_path / "t", table, "A 5 % caption.", "A note.")
    csv = pd.read_csv(tmp_path / "t.csv")
    assert tuple(csv.columns) == COLUMNS
    assert csv["value"].iloc[0] == pytest.approx(0.45)
    for suffix in ("md", "tex"):
        text = (tmp_path / f"t.{suffix}").read_text()
        for part in ("0.45", "13067043", "not run", "A note."):
            assert part in text, suffix
    assert r"A\_1" in (tmp_path / "t.tex").read_text()
    assert r"5 \%" in (tmp_path / "t.tex").read_text()


def test_published_values_are_the_papers():
    """Copied by hand from Tables 3 and 8 of the paper."""
    table3 = {
        key: value for key, (value, _) in read_published(ROOT / "config/published/vspair.yaml", "table3").values.items()
    }
    assert table3 == {
        ("PAIR", "mse"): 5.76e-2,
        ("vPAIR", "mse"): 6.61e-2,
        ("vPAIR", "mse30"): 5.39e-2,
        ("sVAE", "mse"): 8.41e-2,
        ("sVAE", "mse30"): 6.85e-2,
        ("sVAE", "nnz"): 24,
        ("sVAE", "sparsity"): 0.969,
        ("vsPAIR", "mse"): 7.62e-2,
        ("vsPAIR", "mse30"): 6.43e-2,
        ("vsPAIR", "nnz"): 39,
        ("vsPAIR", "sparsity"): 0.950,
    }
    table8 = read_published(ROOT / "config/published/vspair.yaml", "table8").values
    assert [table8[(m, "parameters")][0] for m in ("PAIR", "vPAIR", "sVAE", "vsPAIR")] == [
        687042,
        899490,
        9979106,
        13067043,
    ]


def test_every_published_column_has_a_reason_for_its_tolerance():
    for table in yaml.safe_load((ROOT / "config/published/vspair.yaml").read_text()).values():
        columns = {column for row in table["values"].values() for column in row}
        assert {column.removesuffix("30") for column in columns} - {"latent_x", "latent_y"} <= set(table["reasons"])


def test_conditions_look_into_parts_of_the_configuration():
    conditions = {"models": {"A": {"width": 3, "weights": {"kl": 1.0}}}}
    same = {"models": {"A": {"width": 3, "depth": 9, "weights": {"kl": 1, "other": 2.0}}}}
    other = {"models": {"A": {"width": 3, "weights": {"kl": 0.5}}}}
    assert Published({}, conditions).obstacle(same) is None
    assert Published({}, conditions).obstacle(other) == "models.A.weights.kl is 0.5, the paper's is 1.0"
    assert Published({}, conditions).obstacle({"models": {}}) == "models.A.width is None, the paper's is 3"


def test_the_papers_preset_and_only_it_may_be_compared():
    published = read_published(ROOT / "config/published/vspair.yaml", "table3")
    for preset, change, word in (
        ("paper", {}, None),
        ("paper", {"precision": "tf32"}, "precision"),
        ("paper", {"inpainting": {"models": {"vsPAIR": {"latent_x": 100}}}}, "vsPAIR.latent_x"),
        ("paper", {"inpainting": {"models": {"vPAIR": {"weights": {"gamma_y": 1.0}}}}}, "vPAIR.weights.gamma_y"),
        ("quick", {}, "train"),
    ):
        config = resolve(ROOT, {"preset": preset, **change})
        obstacle = published.obstacle(config.select(list(published.conditions)))
        assert obstacle is None if word is None else word in obstacle


def test_the_headline_counts_every_verdict():
    table = table_frame([Cell("A", "mse", [0.5]), Cell("A", "time", [1.0])], PUBLISHED, {"epochs": 100})
    assert headline(table) == "Of 2 published values: 1 reproduced, 1 not run."
