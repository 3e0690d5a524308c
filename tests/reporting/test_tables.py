"""Tables: tidy CSV with verdicts, and what is rendered from it."""

import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from vspair.problems.configuration import resolve
from vspair.reporting import Cell, Published, read_published, sources, table_frame, write_table
from vspair.reporting.tables import COLUMNS, headline

ROOT = Path(__file__).parents[2]
NUMBERS = ROOT / "config/published/vspair.yaml"
PUBLISHED = Published({("A", "mse"): (0.5, 0.01), ("B", "mse"): (0.7, 0.01)}, {"epochs": 100})


def frame(*cells, epochs=100):
    return table_frame(cells, PUBLISHED, {"epochs": epochs})


def test_a_line_has_mean_spread_and_number_and_what_was_not_measured_one_that_says_so():
    """Without a published counterpart there is no verdict; every verdict is counted in the headline."""
    table = frame(Cell("A", "mse", [0.4, 0.5, 0.6], "u"), Cell("A", "time", [1.0]))
    assert table.astype(object).where(table.notna(), None).to_numpy().tolist() == [
        ["A", "mse", pytest.approx(0.5), pytest.approx(0.1), 3, "u", 0.5, 0.01, "reproduced"],
        ["A", "time", 1.0, None, 1, None, None, None, None],
        ["B", "mse", None, None, 0, None, 0.7, 0.01, "not run"],
    ]
    assert headline(table) == "Of 2 published values: 1 reproduced, 1 not run."


def test_a_configuration_that_misses_a_condition_is_not_comparable_and_a_note_says_why():
    assert frame(Cell("A", "mse", [0.5]), epochs=4)["verdict"].tolist() == ["not comparable", "not run"]
    assert PUBLISHED.obstacle({"epochs": 4}) == "epochs is 4, the paper's is 100"
    assert PUBLISHED.note({"epochs": 4}) == "Not comparable with the paper: epochs is 4, the paper's is 100."
    assert PUBLISHED.note({"epochs": 100}) is None


def test_the_three_forms_hold_the_same_numbers_and_labels_are_for_readers_alone(tmp_path):
    """The CSV keeps the names that receipts and other tables go by."""
    table = frame(Cell("A_1", "mse", [0.4, 0.5]), Cell("A_1", "count", [13067043]), Cell("C", "mse", [0.5]))
    write_table(tmp_path / "t", table, "A 5 % caption.", "A note.", {"C": "C (ours)", "D": "D (ours)"})
    csv = pd.read_csv(tmp_path / "t.csv")
    assert tuple(csv.columns) == COLUMNS
    assert csv["value"].iloc[0] == pytest.approx(0.45)
    assert set(csv["row"]) == {"A_1", "A", "B", "C"}
    markdown, latex = ((tmp_path / f"t.{suffix}").read_text() for suffix in ("md", "tex"))
    for text in (markdown, latex):
        for part in ("0.45", "13067043", "not run", "A note.", "C (ours)"):
            assert part in text
        assert text.count("(ours)") == 1
    assert r"A\_1" in latex
    assert r"5 \%" in latex


def test_what_labels_and_names_say_is_no_markup_of_any_form(tmp_path):
    """A bar would move the cells of Markdown, a tag run in a page that shows it, a control be obeyed by a terminal."""
    evil = "<script>alert(1)</script> | a & b \x1b[2K\u202e\n{$x_1$} \\input{/etc/passwd} 5 % #1 ~ ^"
    table = frame(Cell("A", "mse", [0.4, 0.5]), Cell(evil, evil, [1.0]))
    write_table(tmp_path / "t", table, "A caption.", f"A note {evil}", {"A": evil + "!"})
    assert set(pd.read_csv(tmp_path / "t.csv")["row"]) == {"A", "B", evil}
    markdown, latex = ((tmp_path / f"t.{suffix}").read_text(encoding="utf-8") for suffix in ("md", "tex"))
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 3
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
    assert "<script" not in "".join(lines)
    for text in (markdown, latex):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert r"\input{" not in latex
    # What is left of the specials is ours: the ends of cells and the sign between a number and its spread.
    assert not re.search(r"(?<!\\)[$#%&_]", re.sub(r"(?<!\\)& |\$\\pm\$", "", latex))


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


PAPER = {
    "table3": (
        ("mse", "mse30", "nnz", "sparsity"),
        {
            "PAIR": (5.76e-2,),
            "vPAIR": (6.61e-2, 5.39e-2),
            "sVAE": (8.41e-2, 6.85e-2, 24, 0.969),
            "vsPAIR": (7.62e-2, 6.43e-2, 39, 0.950),
        },
    ),
    "table4": (("mean", "min", "max"), {"vsPAIR": (11.5, 0, 18), "vPAIR": (32, 32, 32), "sVAE": (2.6, 0, 9)}),
    "table5": (
        ("consistent_median_ratio", "consistent_mean_change", "all_median_ratio", "all_mean_ratio"),
        {"vsPAIR": (14.0, 0.057, 15.1, 17.7), "vPAIR": (14.9, 0.044, 14.9, 17.1), "sVAE": (6.5, 0.121, 8.7, 9.7)},
    ),
    "table8": (
        ("parameters",),
        {"PAIR": (687042,), "vPAIR": (899490,), "sVAE": (9979106,), "vsPAIR": (13067043,)},
    ),
    "fig12": (("nnz", "mse"), {"sign of trend": (1, -1)}),
    "lambda3": (("mse", "nnz"), {"spread": (0, 0)}),
}


@pytest.mark.parametrize("table", PAPER)
def test_published_values_are_those_of_the_paper(table):
    """Copied by hand from its tables, and from Appendix B, which states a sign and an insignificant variation."""
    columns, rows = PAPER[table]
    copied = {(row, column): cell for row, line in rows.items() for column, cell in zip(columns, line, strict=False)}
    values = {place: number for place, (number, _) in read_published(NUMBERS, table).values.items()}
    if table == "table8":
        values = {place: number for place, number in values.items() if place[1] in columns}
    assert values == copied


def test_published_values_of_figure_7_span_the_ranges_in_its_text():
    """r from 0.55 to 0.67, the last sVAE's own; median ratios from 5.2 to 5.5; every ratio above 1."""
    values = read_published(NUMBERS, "fig7").values
    assert values["sVAE", "pearson_r"][0] == 0.67
    for column, ends in {"pearson_r": (0.55, 0.67), "median_ratio": (5.2, 5.5), "share_above_1": (1, 1)}.items():
        for model in ("vsPAIR", "vPAIR", "sVAE"):
            number, tolerance = values[model, column]
            if (model, column) != ("sVAE", "pearson_r"):
                assert (number - tolerance, number + tolerance) == pytest.approx(ends, abs=0.011)


def test_every_published_column_has_a_reason_for_its_tolerance():
    for table in yaml.safe_load(NUMBERS.read_text()).values():
        columns = {column for row in table["values"].values() for column in row}
        assert {column.removesuffix("30") for column in columns} - {"latent_x", "latent_y"} == set(table["reasons"])
        assert all(reason for reason in table["reasons"].values())
        assert all(tolerance >= 0 for row in table["values"].values() for _, tolerance in row.values())


@pytest.mark.parametrize(
    ("models", "obstacle"),
    [
        ({"A": {"width": 3, "depth": 9, "weights": {"kl": 1, "other": 2.0}}}, None),
        ({"A": {"width": 3, "weights": {"kl": 0.5}}}, "models.A.weights.kl is 0.5, the paper's is 1.0"),
        ({}, "models.A.width is None, the paper's is 3"),
    ],
)
def test_conditions_look_into_parts_of_the_configuration(models, obstacle):
    conditions = {"models": {"A": {"width": 3, "weights": {"kl": 1.0}}}}
    assert Published({}, conditions).obstacle({"models": models}) == obstacle


def obstacle(table, **changes):
    """What keeps a configuration from being compared with a table of the paper."""
    published = read_published(NUMBERS, table)
    return published.obstacle(resolve(ROOT, changes).select(list(published.conditions)))


@pytest.mark.parametrize("preset", ["paper", "quick", "demo"])
def test_every_table_may_be_compared_in_the_papers_preset_and_no_smaller_one(preset):
    """A condition that none meets would leave a table `not comparable` for ever; quick has the paper's networks."""
    tables = yaml.safe_load(NUMBERS.read_text())
    comparable = {table for table in tables if obstacle(table, preset=preset) is None}
    assert comparable == {"paper": set(tables), "quick": {"table8"}, "demo": set()}[preset]


@pytest.mark.parametrize(
    ("table", "changes", "word"),
    [
        ("table3", {"methods": {"vsPAIR": {"latent_x": 100}}}, "vsPAIR.latent_x"),
        ("table3", {"methods": {"vPAIR": {"weights": {"gamma_y": 1.0}}}}, "vPAIR.weights.gamma_y"),
        ("table5", {"evaluation": {"localisation": {"images": 100}}}, "localisation.images is 100"),
        ("table5", {"evaluation": {"localisation": {"levels": [-1, 1]}}}, "localisation.levels is"),
        ("fig12", {"studies": {"hyperprior": {"train": 3000}}}, "hyperprior.train is 3000"),
        (
            "fig12",
            {"studies": {"hyperprior": {"axes": {"methods.vsPAIR.alpha0": [1, 64]}}}},
            r"hyperprior.axes is .*alpha0': \[1, 64\]",
        ),
        ("lambda3", {"studies": {"lambda3": {"base": {"training.epochs": 1}}}}, "base is .*epochs': 1[,}]"),
        ("lambda3", {"studies": {"lambda3": {"base": {"methods.vsPAIR.beta0": 127}}}}, "base is .*beta0': 127"),
        ("lambda3", {"studies": {"lambda3": {"base": {"training.learning_rate": 0.01}}}}, "learning_rate': 0.01"),
    ],
)
def test_another_model_or_a_smaller_search_or_study_is_not_compared(table, changes, word):
    assert re.search(word, obstacle(table, preset="paper", inpainting=changes))


def test_another_precision_or_fewer_images_are_not_compared():
    assert "precision is bfloat16, the paper's is float32 or tf32" in obstacle(
        "table3", preset="paper", precision="bfloat16"
    )
    # What torch does by itself on a GPU, and the paper does not say otherwise.
    assert obstacle("table3", preset="paper", precision="tf32") is None
    assert "train" in obstacle("table3", preset="quick")
