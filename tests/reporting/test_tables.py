"""Tables: tidy CSV with verdicts, and what is rendered from it."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from vspair.config import resolve
from vspair.reporting import Cell, Published, read_published, sources, table_frame, write_table
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


def test_labels_are_for_readers_alone(tmp_path):
    """The CSV keeps the names that receipts and other tables go by."""
    cells = [Cell("A", "mse", [0.4]), Cell("C", "mse", [0.5])]
    table = table_frame(cells, PUBLISHED, {"epochs": 100})
    write_table(tmp_path / "t", table, "Caption.", labels={"C": "C (ours)", "D": "D (ours)"})
    assert set(pd.read_csv(tmp_path / "t.csv")["row"]) == {"A", "B", "C"}
    for suffix in ("md", "tex"):
        text = (tmp_path / f"t.{suffix}").read_text()
        assert "C (ours)" in text
        assert "A (ours)" not in text
        assert "D (ours)" not in text


def test_the_sources_of_every_cell_are_told():
    """What a receipt notes: a seed's file in another order, or a statistic lost, would be seen here."""
    cells = [Cell("A", "mse", [0.4, 0.5], "", ("seed0.csv", "seed1.csv"), "mse30", "mean"), Cell("B", "time", [1.0])]
    assert sources(cells) == {
        "A|mse": {"inputs": ["seed0.csv", "seed1.csv"], "key": "mse30", "statistic": "mean"},
        "B|time": {"inputs": [], "key": "", "statistic": ""},
    }


@pytest.mark.parametrize("statistic", ["mean", "value"])
def test_a_statistic_needs_the_file_of_each_value(statistic):
    """Else an audit would compare the numbers of one seed with the file of another."""
    with pytest.raises(ValueError, match=r"A\|mse has 2 values from 1 inputs"):
        Cell("A", "mse", [0.4, 0.5], "", ["seed0.csv"], "mse", statistic)
    assert Cell("A", "mse", [0.4, 0.5], "", ["seed0.csv"], "max(mse)").statistic == ""


def test_a_note_says_why_numbers_are_not_compared():
    assert PUBLISHED.note({"epochs": 4}) == "Not comparable with the paper: epochs is 4, the paper's is 100."
    assert PUBLISHED.note({"epochs": 100}) is None


def published(table):
    """Number of every cell of one table in the published file."""
    values = read_published(ROOT / "config/published/vspair.yaml", table).values
    return {key: number for key, (number, _) in values.items()}


PAPER = {
    "table4": (("mean", "min", "max"), {"vsPAIR": (11.5, 0, 18), "vPAIR": (32, 32, 32), "sVAE": (2.6, 0, 9)}),
    "table5": (
        ("consistent_median_ratio", "consistent_mean_change", "all_median_ratio", "all_mean_ratio"),
        {"vsPAIR": (14.0, 0.057, 15.1, 17.7), "vPAIR": (14.9, 0.044, 14.9, 17.1), "sVAE": (6.5, 0.121, 8.7, 9.7)},
    ),
    "fig12": (("nnz", "mse"), {"sign of trend": (1, -1)}),
    "lambda3": (("mse", "nnz"), {"spread": (0, 0)}),
}


@pytest.mark.parametrize("table", PAPER)
def test_published_values_are_those_of_the_papers_other_tables(table):
    """Copied by hand from Tables 4 and 5, and from Appendix B, which states a sign and an insignificant variation."""
    columns, rows = PAPER[table]
    cells = {(row, column): cell for row, line in rows.items() for column, cell in zip(columns, line, strict=True)}
    assert published(table) == cells


def test_published_values_of_figure_7_span_the_ranges_in_its_text():
    """r from 0.55 to 0.67, the last sVAE's own; median ratios from 5.2 to 5.5; every ratio above 1."""
    values = read_published(ROOT / "config/published/vspair.yaml", "fig7").values
    ranges = {"pearson_r": (0.55, 0.67), "median_ratio": (5.2, 5.5), "share_above_1": (1, 1)}
    for model in ("vsPAIR", "vPAIR", "sVAE"):
        for column, (low, high) in ranges.items():
            number, tolerance = values[model, column]
            if (model, column) == ("sVAE", "pearson_r"):
                assert number == high
            else:
                assert (number - tolerance, number + tolerance) == pytest.approx((low, high), abs=0.011)


def test_published_values_are_the_papers():
    """Copied by hand from Tables 3 and 8 of the paper."""
    assert published("table3") == {
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
    parameters = {"PAIR": 687042, "vPAIR": 899490, "sVAE": 9979106, "vsPAIR": 13067043}
    assert {row: count for (row, column), count in published("table8").items() if column == "parameters"} == parameters


def test_every_published_column_has_a_reason_for_its_tolerance():
    for table in yaml.safe_load((ROOT / "config/published/vspair.yaml").read_text()).values():
        columns = {column for row in table["values"].values() for column in row}
        assert {column.removesuffix("30") for column in columns} - {"latent_x", "latent_y"} == set(table["reasons"])
        assert all(reason for reason in table["reasons"].values())
        assert all(tolerance >= 0 for row in table["values"].values() for _, tolerance in row.values())


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


@pytest.mark.parametrize("table", yaml.safe_load((ROOT / "config/published/vspair.yaml").read_text()))
def test_every_table_may_be_compared_in_the_papers_preset_and_no_smaller_one(table):
    """A condition that no preset meets would leave a table `not comparable` for ever; parameters need no training."""
    conditions = read_published(ROOT / "config/published/vspair.yaml", table)
    for preset in ("paper", "quick", "demo"):
        obstacle = conditions.obstacle(resolve(ROOT, {"preset": preset}).select(list(conditions.conditions)))
        assert (obstacle is None) is (preset == "paper" or table == "table8"), obstacle


@pytest.mark.parametrize(
    ("table", "changes", "word"),
    [
        ("table5", {"evaluation": {"localisation": {"images": 100}}}, "localisation.images is 100"),
        ("fig12", {"studies": {"hyperprior": {"train": 3000}}}, "hyperprior.train is 3000"),
        (
            "fig12",
            {"studies": {"hyperprior": {"axes": {"models.vsPAIR.alpha0": [1, 64]}}}},
            r"hyperprior.axes is .*alpha0': \[1, 64\]",
        ),
        ("lambda3", {"studies": {"lambda3": {"base": {"training.epochs": 1}}}}, "base is .*epochs': 1[,}]"),
        ("lambda3", {"studies": {"lambda3": {"base": {"models.vsPAIR.beta0": 127}}}}, "base is .*beta0': 127"),
        ("lambda3", {"studies": {"lambda3": {"base": {"training.learning_rate": 0.01}}}}, "learning_rate': 0.01"),
        ("table5", {"evaluation": {"localisation": {"levels": [-1, 1]}}}, "localisation.levels is"),
    ],
)
def test_a_smaller_search_or_study_is_not_compared(table, changes, word):
    conditions = read_published(ROOT / "config/published/vspair.yaml", table)
    config = resolve(ROOT, {"preset": "paper", "inpainting": changes})
    assert re.search(word, conditions.obstacle(config.select(list(conditions.conditions))))


def test_the_headline_counts_every_verdict():
    table = table_frame([Cell("A", "mse", [0.5]), Cell("A", "time", [1.0])], PUBLISHED, {"epochs": 100})
    assert headline(table) == "Of 2 published values: 1 reproduced, 1 not run."
