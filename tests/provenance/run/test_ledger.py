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
    "m/0/images.csv": "image,mse,kept,ratio\n0,0,True,7\n1,2,False,\n",
    "m/1/images.csv": "image,mse,kept,ratio\n0,2,True,\n1,4,True,\n",
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


def test_truth_values(measured):
    """A share of True."""
    project = measured(
        table="row,column,value,sd,n,unit\nA,mse,0.75,0.35355339,2,\nA,loss,0.5,,1,\n", mse=MSE | {"key": "kept"}
    )
    assert broken(project) == []


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("A,mse,7,,1,", None),
        ("A,mse,7,,2,", "the n of its cell (A, mse) is 2, its metric files give 1"),
        ("A,mse,3.5,,1,", "the value of its cell (A, mse) is 3.5, its metric files give 7"),
    ],
)
def test_a_mean_over_those_with_a_value_says_so_and_counts_the_seeds_that_have_one(measured, line, finding):
    table = f"row,column,value,sd,n,unit\n{line}\nA,loss,0.5,,1,\n"
    found = broken(measured(table=table, mse=MSE | {"key": "ratio", "statistic": "known mean"}))
    assert bool(found) is bool(finding), found
    assert finding is None or any(finding in sentence for _, _, sentence in found), found


@pytest.mark.parametrize("field", ["", "nan", "inf", "-inf", "1e999", "NA", "one"])
def test_a_mean_leaves_nothing_out(measured, field, monkeypatch):
    """A table and its receipt that agree with what pandas makes of such a file are still contradicted by it."""
    monkeypatch.setitem(METRICS, "m/1/images.csv", f"image,mse,kept,ratio\n0,3,True,\n1,{field},True,\n")
    project = measured()
    ((file, word, sentence),) = broken(project)
    assert (file, word) == ("tables/table2.csv", "contradiction")
    expected = f"expected a finite number as mse of image 1 in {project.run}/m/1/images.csv, found "
    assert f"its cell (A, mse) cannot be worked out again: {expected}" in sentence


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("image,mse\n0,2\n0,4\n", "'0' in place of image 1"),
        ("image,mse\n1,2\n0,4\n", "'1' in place of image 0"),
        ("image,mse\n0,2\n1\n", "1 fields in line 1, not 2"),
        ("\n", "no line"),
    ],
)
def test_images_that_are_not_one_after_another_are_told(measured, monkeypatch, text, found):
    monkeypatch.setitem(METRICS, "m/1/images.csv", text)
    sentences = [sentence for _, _, sentence in broken(measured())]
    assert any(found in sentence for sentence in sentences), sentences


@pytest.fixture
def promised(project):
    """Pairs, and a metric file of three images, whose receipt notes a setting that promises so many."""

    def build(lines=3, number=3, setting=3, pairs=3, key="x.data.test"):
        evidence = {"configuration": {"x.data": {"test": setting}, "training.epochs": 3}}
        project.job("pairs", [], ["pairs.bin"], annotations={"images": {"number": pairs}})
        text = "image,mse\n" + "".join(f"{image},{image}\n" for image in range(lines))
        noted = {"images": {"number": number, "key": key}}
        project.job("evaluate", ["pairs.bin"], ["m/images.csv"], text, noted, evidence=evidence)
        return project

    return build


def test_a_metric_file_has_the_images_that_the_configuration_promises(promised):
    """All of them, or as many as the pairs have where the source had fewer."""
    assert broken(promised()) == []
    assert broken(promised(setting=5)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": 2}, "it has 2 images, its job had 3 and x.data.test promises them: remake it with `snakemake"),
        ({"lines": 4}, "it has 4 images, its job had 3"),
        ({"lines": 2, "number": 2}, "it is of 2 images, x.data.test promises 3: remake it with `snakemake"),
        ({"lines": 2, "number": 2, "setting": 2, "key": "x.data"}, "it is of 2 images, x.data promises None"),
    ],
)
def test_fewer_images_with_receipts_that_agree_are_a_contradiction(promised, changes, words):
    ((file, word, sentence),) = broken(promised(**changes))
    assert (file, word) == ("m/images.csv", "contradiction")
    assert words in sentence


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
