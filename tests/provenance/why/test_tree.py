"""The chain behind one number: it leads to the files, runs, checkpoints and data of that number and of no other."""

import pytest

from vspair.errors import VspairError
from vspair.provenance.receipt.reading import read
from vspair.provenance.why import why
from vspair.provenance.why.text import render

TABLE = "tables/table1.csv"
FIGURE = "figures/fig1.csv"
PUBLISHED = "config/published/paper.yaml"
HEADER = "row,column,value,sd,n,unit,published,tolerance,verdict\n"


@pytest.fixture
def measured(project):
    """Two seeds of a model, trained and evaluated on pairs; a table with a published number and one not run; a figure.

    The table's cell is the mean over both seeds, and each line of the figure shows one of them.
    """
    published = project.root / PUBLISHED
    published.parent.mkdir(parents=True)
    published.write_text("table1: {values: {A: {error: [1.4, 0.2]}, B: {error: [1.3, 0.1]}}}\n")
    project.commit()
    project.prepare()
    metrics = []
    for seed in (0, 1):
        evidence = {"seed": seed, "stochastic": True}
        names = {"wildcards": {"seed": str(seed)}, "evidence": evidence}
        weights, images = f"runs/{seed}/weights.txt", f"evaluations/{seed}/images.csv"
        project.job("train", ["prepared/pairs.txt"], [weights], **names)
        project.job("evaluate", ["prepared/pairs.txt", weights], [images], f"error\n{seed + 1}\n", **names)
        metrics.append(images)
    files = [str(project.run / name) for name in metrics]
    text = f"{HEADER}A,error,1.5,0.70710678,2,m,1.4,0.2,reproduced\nB,error,,,0,,1.3,0.1,not run\nC,count,7,,1,,,,\n"
    cells = {
        "A|error": {"inputs": files, "key": "error", "statistic": "mean"},
        "C|count": {"inputs": [], "key": "counted in the code", "statistic": ""},
    }
    given = {"cells": cells, "published": "table1", "comparable": True}
    inputs = [*metrics, str(published)]
    project.job("table1", inputs, [TABLE, "tables/table1.md"], text, given, script="scripts/table.py")
    cells = {f"A {seed}|error": {"inputs": [files[seed]], "key": "error of image 3"} for seed in (0, 1)}
    drawn = "".join(f"A,{seed},{seed + 1},x\n" for seed in range(40))
    given = {"index": ["method", "seed"], "cells": cells}
    outputs = [FIGURE, "figures/fig1.png"]
    project.job("fig1", metrics, outputs, f"method,seed,error,word\n{drawn}", given, script="scripts/table.py")
    return project


def ask(project, name, *cell):
    return why(project.run / name, project.root, cell or None, data_dir=project.root / "data")


def files(entries):
    return [entry["file"] for entry in entries]


def test_a_cell_leads_to_its_metrics_runs_checkpoints_and_data(measured):
    """Checksums are those of the receipts; the checkpoint's own log or another seed's file would be seen here."""
    answer = ask(measured, TABLE, "A", "error")
    behind = answer["behind"]
    assert files(behind["metrics"]) == ["evaluations/0/images.csv", "evaluations/1/images.csv"]
    assert [metric["wildcards"] for metric in behind["metrics"]] == [{"seed": "0"}, {"seed": "1"}]
    assert behind["seeds"] == [0, 1]
    assert files(behind["checkpoints"]) == ["runs/0/weights.txt", "runs/1/weights.txt"]
    # The pairs and what they were made from, and nothing that a checkpoint went into.
    assert files(behind["data"]) == ["prepared/pairs.txt", "data:raw.txt"]
    receipt = read(measured.run / "evaluations/0/images.receipt.json")
    assert behind["metrics"][0]["sha256"] == receipt.outputs["evaluations/0/images.csv"]
    assert behind["commits"] == [receipt.commit]
    assert behind["locks"] == [{"file": "envs/constraints.txt", "sha256": receipt.lock}]
    assert (answer["cell"]["value"], answer["cell"]["n"], answer["cell"]["statistic"]) == (1.5, 2, "mean")


def test_each_job_has_code_environment_and_machine(measured):
    node = ask(measured, TABLE)["chain"]
    receipt = read(measured.run / "tables/table1.receipt.json")
    for fact in ("lock", "script", "entries", "files", "started", "machine", "fingerprint", "configuration", "commit"):
        assert node[fact] == getattr(receipt, fact)
    assert set(node["files"]) == {"scripts/table.py", "vspair/numbers.py"}


def test_the_published_number_is_led_to_where_it_stands(measured):
    answer = ask(measured, TABLE, "A", "error")
    receipt = read(measured.run / "tables/table1.receipt.json")
    name = f"project:{PUBLISHED}"
    assert answer["cell"]["published_in"] == {"file": name, "sha256": receipt.inputs[name], "table": "table1"}
    assert name in files(answer["chain"]["inputs"])
    assert "published_in" not in ask(measured, TABLE, "C", "count")["cell"]


def test_what_was_not_run_is_said_and_has_nothing_behind_it(measured):
    """The files of other cells would suggest that there is a number."""
    answer = ask(measured, TABLE, "B", "error")
    assert files(answer["chain"]["inputs"]) == [f"project:{PUBLISHED}"]
    assert answer["behind"]["metrics"] == answer["behind"]["checkpoints"] == []
    text = render(answer)
    assert "value: not run" in text
    assert "images.csv" not in text


def test_what_was_counted_says_so(measured):
    answer = ask(measured, TABLE, "C", "count")
    assert answer["chain"]["inputs"] == []
    assert "  from: counted in the code\n" in render(answer)


@pytest.mark.parametrize("file", [FIGURE, "figures/fig1.png"])
def test_a_number_in_a_figure_leads_to_the_file_of_its_line(measured, file):
    answer = ask(measured, file, "A 1", "error")
    assert answer["file"] == FIGURE
    assert (answer["cell"]["value"], answer["cell"]["key"]) == (2.0, "error of image 3")
    assert files(answer["behind"]["metrics"]) == ["evaluations/1/images.csv"]
    assert files(answer["chain"]["inputs"]) == ["evaluations/1/images.csv"]


def test_a_rendered_table_stands_for_its_csv(measured):
    assert ask(measured, "tables/table1.md", "A", "error") == ask(measured, TABLE, "A", "error")
    assert ask(measured, "tables/table1.md")["file"] == "tables/table1.md"


def test_a_line_that_is_only_drawn_has_the_whole_chain(measured):
    """The receipt does not say which file it is from; one must not be made up."""
    answer = ask(measured, FIGURE, "A 7", "word")
    assert (answer["cell"]["value"], answer["cell"]["key"]) == ("x", "")
    assert files(answer["behind"]["metrics"]) == ["evaluations/0/images.csv", "evaluations/1/images.csv"]
    assert "does not say which" in render(answer)


def test_the_text_begins_with_a_summary_and_ends_with_the_command(measured):
    text = render(ask(measured, TABLE, "A", "error"))
    receipt = read(measured.run / "tables/table1.receipt.json")
    lines = text.splitlines()
    assert lines[0] == f"cell: row A, column error of {TABLE}"
    for part in (
        *(
            "  value: 1.5 ± 0.70710678 m (2 values)",
            "  verdict: reproduced",
            "  from: mean of the column error, each of",
        ),
        *("  seeds: 0, 1", f"  commits: {receipt.commit}"),
        *("  locks:", f"    envs/constraints.txt  sha256 {receipt.lock[:12]}"),
    ):
        assert part in lines
    assert f"  published: 1.4 ± 0.2, in {PUBLISHED}, table1  sha256 " in text
    assert "2 source files: scripts/table.py, vspair/numbers.py" in text
    assert lines[-1] == f"remake it with: {receipt.command}"
    assert "NO LONGER TRUE" not in text


def test_a_break_is_shown_at_its_link_and_no_other(measured):
    (measured.run / "runs/1/weights.txt").write_text("edited")
    text = render(ask(measured, TABLE, "A", "error"))
    broken = [line for line in text.splitlines() if "NO LONGER TRUE" in line]
    assert len(broken) == 1
    assert "runs/1/weights.txt" in broken[0]
    assert broken[0].endswith("NO LONGER TRUE: edited")


def test_unknown_cells_get_the_known_ones_not_all_when_they_are_many(measured):
    with pytest.raises(VspairError, match=r"the rows are 'A', 'B', 'C'; the columns are 'error', 'count'"):
        ask(measured, TABLE, "D", "error")
    with pytest.raises(
        VspairError, match=r"rows are 'A 0', 'A 1', .*, 'A 11' and 28 more; the columns are 'error', 'word'$"
    ):
        ask(measured, FIGURE, "A", "error")
    with pytest.raises(VspairError, match=r"give a \.csv of tables/ or figures/"):
        ask(measured, "prepared/pairs.txt", "A", "error")
