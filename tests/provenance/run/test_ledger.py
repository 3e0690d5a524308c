"""The ledger of a run, and the cells that the audit works out again from it."""

import json

import pytest

from vspair.provenance.audit import audit
from vspair.provenance.run.chain import Run
from vspair.provenance.run.ledger import flat, ledger

TABLE = (
    "row,column,value,sd,n,unit,published,tolerance,verdict\n"
    "A,mse,2,1.4142136,2,,2.1,0.2,reproduced\nA,loss,0.5,,1,,,,\nB,mse,,,,,3,0.1,not run\n"
)
METRICS = {
    "m/0/images.csv": "image,mse,kept\n0,1,True\n1,,False\n",
    "m/1/images.csv": "image,mse,kept\n0,2,True\n1,4,True\n",
    "m/2/summary.json": '{"final": {"loss": 0.5}}\n',
}
MSE = {"inputs": ["m/0/images.csv", "m/1/images.csv"], "key": "mse", "statistic": "mean"}
LOSS = {"inputs": ["m/2/summary.json"], "key": "final.loss", "statistic": "value"}


@pytest.fixture
def measured(project):
    """A table whose cells name how they come from three metric files, and a figure that prints one number."""

    def build(table=TABLE, mse=MSE, loss=LOSS):
        for seed, (name, text) in enumerate(METRICS.items()):
            evidence = {"seed": seed, "stochastic": True}
            project.job("evaluate", [], [name], text, evidence=evidence, wildcards={"seed": str(seed)})
        cells = {
            f"A|{key}": note | {"inputs": [str(project.run / name) for name in note["inputs"]]}
            for key, note in (("mse", mse), ("loss", loss))
        }
        project.job("table2", list(METRICS), ["tables/table2.csv"], table, {"cells": cells})
        printed = {"0|mse": {"inputs": [str(project.run / "m/1/images.csv")], "key": "mse of the image"}}
        notes = {"index": ["image"], "cells": printed}
        project.job("fig2", list(METRICS), ["figures/fig2.csv"], "image,mse,x\n0,2,5\n1,4,6\n", notes)
        return project

    return build


def broken(project):
    return [(finding.file, finding.word, finding.sentence) for finding in audit(project.run, project.root)]


def test_cells_jobs_and_makers(measured):
    project = measured()
    found = ledger(Run(project.run, project.root))
    assert json.loads(json.dumps(found)) == found
    assert found["preset"] == "demo"
    cells = {(cell["file"], cell["row"], cell["column"]): cell for cell in found["cells"]}
    assert list(cells) == [
        *(("tables/table2.csv", *place) for place in (("A", "mse"), ("A", "loss"), ("B", "mse"))),
        ("figures/fig2.csv", "0", "mse"),
    ]
    mse = cells["tables/table2.csv", "A", "mse"]
    assert (mse["value"], mse["n"], mse["published"], mse["verdict"]) == (2.0, 2, 2.1, "reproduced")
    assert {key: mse[key] for key in MSE} == MSE
    absent = cells["tables/table2.csv", "B", "mse"]
    assert (absent["value"], absent["n"], absent["verdict"], absent["inputs"]) == (None, None, "not run", [])
    assert cells["figures/fig2.csv", "0", "mse"]["value"] == 2.0
    assert found["makers"]["tables/table2.csv"] == "tables/table2.receipt.json"
    job = found["jobs"]["m/1/images.receipt.json"]
    assert (job["rule"], job["seed"], job["files"].keys()) == (
        "evaluate",
        1,
        {"scripts/train.py", "vspair/numbers.py"},
    )


def test_flat_names_seeds_and_command(measured):
    project = measured()
    lines = flat(ledger(Run(project.run, project.root)), {"tables/table2.csv"})
    assert [line["seeds"] for line in lines] == ["0;1", "2", ""]
    assert lines[0]["inputs"] == "m/0/images.csv;m/1/images.csv"
    assert lines[0]["command"].startswith("snakemake --cores 1")


def test_cells_that_agree_with_their_metric_files(measured):
    assert broken(measured()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table": TABLE.replace("A,mse,2,", "A,mse,2.00001,")}, "the value of its cell (A, mse) is 2.00001"),
        ({"table": TABLE.replace("1.4142136", "1.3")}, "the sd of its cell (A, mse) is 1.3"),
        ({"table": TABLE.replace("1.4142136,2", "1.4142136,3")}, "the n of its cell (A, mse) is 3"),
        ({"table": TABLE.replace("loss,0.5", "loss,0.6")}, "the value of its cell (A, loss) is 0.6"),
        ({"mse": MSE | {"key": "image"}}, "its metric files give 0.5"),
        ({"mse": MSE | {"key": "none"}}, "names none, which its metric files do not have"),
        ({"loss": LOSS | {"key": "final"}}, "names final, which its metric files do not have"),
    ],
)
def test_cells_that_do_not(measured, changes, words):
    """A script that wrote another number than it says, or a table and a receipt that were forged together."""
    found = broken(measured(**changes))
    assert {(file, word) for file, word, _ in found} == {("tables/table2.csv", "contradiction")}
    assert any(words in sentence for _, _, sentence in found), found


def test_truth_values_and_empty_fields(measured):
    """Counted as pandas counts them: a share of True, and a mean without what is missing."""
    project = measured(
        table="row,column,value,sd,n,unit\nA,mse,0.75,0.35355339,2,\nA,loss,0.5,,1,\n", mse=MSE | {"key": "kept"}
    )
    assert broken(project) == []


@pytest.mark.parametrize(("value", "spread"), [("inf", ""), ("nan", "")])
def test_a_run_that_diverged_is_no_forgery(measured, value, spread):
    table = f"row,column,value,sd,n,unit\nA,mse,{value if value == 'inf' else ''},{spread},2,\nA,loss,0.5,,1,\n"
    project = measured(table=table)
    for seed, name in enumerate(("m/0/images.csv", "m/1/images.csv")):
        evidence = {"seed": seed, "stochastic": True}
        project.job("evaluate", [], [name], f"mse\n{value}\n", evidence=evidence, wildcards={"seed": str(seed)})
    cells = {
        "A|mse": MSE | {"inputs": [str(project.run / name) for name in MSE["inputs"]]},
        "A|loss": LOSS | {"inputs": [str(project.run / name) for name in LOSS["inputs"]]},
    }
    project.job("table2", list(METRICS), ["tables/table2.csv"], table, {"cells": cells})
    project.job("fig2", list(METRICS), ["figures/fig2.csv"], "image,mse,x\n0,2,5\n", {"index": ["image"], "cells": {}})
    assert broken(project) == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE.replace("A,loss,0.5,,1,,,,\n", ""), "(A, loss) is noted in the receipt and not there"),
        (TABLE + "A,loss,0.5,,1,,,,\n", "(A, loss) stands there more than once"),
        (TABLE + "C,mse,1,,1,,,,\n", "(C, mse) has a value and no note"),
        (TABLE.replace("verdict\n", "value\n"), "two columns of one name"),
        (TABLE.replace("row,column", "Row,column"), "is noted in the receipt and not there"),
    ],
)
def test_the_cells_of_a_table_are_those_of_its_receipt(measured, table, words):
    found = broken(measured(table=table))
    assert {(file, word) for file, word, _ in found} == {("tables/table2.csv", "contradiction")}
    assert any(words in sentence for _, _, sentence in found), found
