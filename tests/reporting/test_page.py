"""The report's page as a file: structure, escaping, counts, and that it needs nothing else."""

import base64
import csv
import hashlib
import json
from collections import Counter
from itertools import pairwise

import pytest

from vspair.errors import VspairError
from vspair.reporting.page import tally, with_not_run, write_page
from vspair.verdicts import VERDICTS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("machine")


@pytest.fixture(scope="module")
def results(example, folder):
    return example.write_results(folder / "results/demo")


@pytest.fixture(scope="module")
def write(example, results, folder):
    """Write the page of the example with changes; gives its text."""

    def write(**changes):
        facts = {
            "ledger": example.ledger(),
            "findings": example.FINDINGS,
            "record": None,
            "folder": results,
            "captions": example.CAPTIONS,
            "published": example.PUBLISHED,
            "output": folder / "out/report.html",
            "when": example.WHEN,
        } | changes
        write_page(**facts)
        return facts["output"].read_text(encoding="utf-8")

    return write


@pytest.fixture(scope="module")
def text(write):
    return write()


@pytest.fixture(scope="module")
def outline(text, example):
    return example.Outline(text)


def test_structure_for_readers_that_do_not_see(outline):
    """One title, no level of headings left out, unique ids, landmarks, and tables with captions and scopes."""
    levels = [int(element.tag[1]) for element in outline.all("h1", "h2", "h3", "h4")]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [e.attributes["id"] for e in outline.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for tag in ("header", "nav", "main", "footer", "dialog"):
        assert len(outline.all(tag)) == 1, tag
    assert outline.all("html")[0].attributes["lang"] == "en"
    assert len(outline.all("caption")) == len(outline.all("table")) > 5
    assert all(element.attributes.get("scope") in ("row", "col") for element in outline.all("th"))
    named = {e.attributes["aria-labelledby"] for e in outline.elements if "aria-labelledby" in e.attributes}
    assert named - {"panel-title"} <= set(ids)
    links = [e.attributes["href"][1:] for e in outline.all("a")]
    assert set(links) <= set(ids), "a link that leads nowhere"
    assert outline.all("a")[0].text == "Skip to the results"
    assert all(e.attributes.get("alt") for e in outline.all("img"))


def test_failures_come_first_and_a_record_of_other_receipts_is_said_to_be_one(write, example):
    text = write(record=example.SIGNED)
    order = ["2 breaks", "its SHA-256 is 0123", "signed by", "Verdicts on 8 published", "Tables", "Figures"]
    places = [text.index(part, text.index('id="audit"')) for part in order]
    places += [text.index(f'<section id="{part}"') for part in ("machines", "environments", "cost")]
    assert places == sorted(places)
    assert "A. &lt;i&gt;Reviewer&lt;/i&gt;" in text
    assert "as it should be" in text
    stale = example.Finding("audit.json", "stale record", "signed over other receipts")
    assert "the record of other receipts" in write(findings=[stale], record=example.SIGNED)
    assert "the record of other receipts" not in text


def test_a_clean_audit_says_so_in_plain_words(write):
    text = write(findings=[], limits=["3 raw files were not there."])
    for part in ("No break was found: every link", "nobody has signed", "3 raw files were not there."):
        assert part in text


def test_what_files_say_is_never_markup(outline, text, example):
    """A row's name and a finding close a script and open one; both must be read as they stand, and nothing else run."""
    scripts = outline.all("script")
    assert [e.attributes.get("type") for e in scripts] == ["application/json", None]
    assert example.EVIL in [e.text for e in outline.all("th")]
    assert any(e.text == f"{example.EVIL} changed" for e in outline.all("td"))
    assert not any(name.startswith("on") for e in outline.elements for name in e.attributes)
    assert outline.all("b", "i") == []
    data = example.block(outline)
    assert data["cells"][3]["row"] == example.EVIL
    assert data["findings"][1][2] == f"{example.EVIL} changed"
    begin = text.index('id="chains">') + len('id="chains">')
    assert "<" not in text[begin : text.index("</script>", begin)], "it could end its script"


def test_the_policy_forbids_requests_and_names_its_own_script_and_style(outline):
    meta = next(e for e in outline.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    policy = dict(part.split(maxsplit=1) for part in meta.attributes["content"].split("; "))
    assert (policy["default-src"], policy["img-src"]) == ("'none'", "data:")
    scripts = [e for e in outline.all("script") if "type" not in e.attributes]
    for kind, elements in (("script", scripts), ("style", outline.all("style"))):
        (element,) = elements
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert not any("style" in e.attributes for e in outline.elements), "the policy would block it"


def test_it_refers_to_nothing_outside_itself_and_tells_no_place_of_this_machine(outline, text, folder):
    for element in outline.elements:
        for name in ("src", "href", "action", "data"):
            assert element.attributes.get(name, "#").startswith(("#", "data:image/png;base64,")), element
    for forbidden in ("http://", "https://", "@import", "url(", str(folder), "/work/", "/root/"):
        assert forbidden not in text


def test_the_headline_counts_what_the_tables_say_and_what_was_not_run(outline, results, example):
    """Against the CSVs themselves, and three published values of a table that was not made."""
    expected = Counter({"not run": 3})
    for path in results.glob("tables/*.csv"):
        with path.open(newline="") as stream:
            expected.update(line["verdict"] for line in csv.DictReader(stream) if line["verdict"])
    shown = {e.attributes["data-verdict"]: int(e.text.split()[0]) for e in outline.classed("toggle")}
    assert shown == {word: expected[word] for word in VERDICTS}
    assert list(shown) == list(VERDICTS)
    assert tally(with_not_run(example.ledger(), example.PUBLISHED)) == shown
    rows = Counter(e.attributes.get("data-verdict") for e in outline.all("tr") if "data-verdict" in e.attributes)
    assert {word: rows[word] for word in VERDICTS} == shown
    assert rows[""] == 1
    assert any("1 value of the tables has no published counterpart" in e.text for e in outline.all("p"))
    # The paper's numbers of `fig7` stand in `table_fig7`: were they not found there they would count twice.
    book = example.ledger()
    book["makers"] = book["makers"] | {"tables/table_fig7.csv": "tables/table1.receipt.json"}
    assert len(with_not_run(book, {"fig7": example.PUBLISHED["table9"]})) == len(book["cells"])


def test_one_line_a_cell_as_in_the_csv(outline, example):
    found = [e.text for e in outline.all("tr")]
    for row, column, *_ in example.LINES:
        assert any(line.startswith(f"{row}{column}") for line in found), row
    assert {int(e.attributes["data-cell"]) for e in outline.classed("cell")} == set(range(len(example.LINES) + 3 + 1))
    values = {e.attributes.get("data-value") for e in outline.all("td") if "num" in e.attributes.get("class", "")}
    assert {"9.5", "0.5", "2", "13067043", "-3.5"} <= values, "sorting goes by numbers"


def test_chains_hold_every_fact_of_every_job(outline, example):
    """What jobs have in common is kept once; put together again it must be what the ledger says."""
    data, book = example.block(outline), example.ledger()
    assert data["makers"] == book["makers"]
    for name, job in book["jobs"].items():
        found = data["jobs"][name]
        for fact in ("rule", "fingerprint", "commit", "dirty", "command", "inputs", "outputs", "seconds", "script"):
            assert found[fact] == job[fact]
        assert found.get("seed") == job["seed"]
        for fact in ("files", "versions", "machine", "lock"):
            assert data["shared"][fact][found[fact]] == job[fact]
        configuration = data["shared"]["configuration"][found["configuration"]]
        assert {key: json.loads(value) for key, value in configuration.items()} == job["configuration"]
    assert len(data["shared"]["versions"]) == 2
    by_place = {(c["file"], c.get("row"), c["column"]): c for c in data["cells"]}
    for cell in book["cells"]:
        found = by_place[cell["file"], cell["row"], cell["column"]]
        assert data["shared"]["cell_inputs"][found["inputs"]] == cell["inputs"]
        assert found["exact"] == ("" if cell["value"] is None else f"{cell['value']:.8g}")


def test_a_figure_is_its_file_byte_for_byte_with_caption_and_data_and_a_table_has_its_notes(outline, results, example):
    (image,) = outline.all("img")
    content = image.attributes["src"].removeprefix("data:image/png;base64,")
    assert base64.b64decode(content) == (results / "figures/fig2.png").read_bytes()
    assert (image.attributes["width"], image.attributes["height"]) == ("3", "2")
    assert [e.text for e in outline.all("figcaption")] == ["A square 2 <b>not bold</b>."]
    assert [e.text for e in outline.all("sup")] == ["2"]
    assert any("first 40 of 100 lines" in e.text for e in outline.all("caption"))
    (data,) = outline.classed("data")
    assert data.text.count(example.EVIL) == 40
    assert [e.text for e in outline.classed("note")] == ["A note on <b>it</b>."]
    assert [e.text for e in outline.all("p") if e.text.startswith("What psnr")] == ["What psnr is."]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("fig2.png", None, "The picture figures/fig2.png is not there, or is no PNG."),
        ("fig2.png", b"not a picture", "The picture figures/fig2.png is not there, or is no PNG."),
        ("fig2.csv", b"\xff\xfe\x00", "It cannot be shown: it is no CSV"),
    ],
)
def test_a_figure_that_is_missing_or_damaged_is_said(write, example, tmp_path, name, content, sentence):
    results = example.write_results(tmp_path / "demo")
    path = results / "figures" / name
    path.unlink() if content is None else path.write_bytes(content)
    text = write(folder=results)
    assert sentence in text
    assert ("<img" in text) is (name == "fig2.csv")


def test_a_verdict_that_is_none_of_ours_is_shown_and_not_counted(write, example):
    book = example.ledger()
    book["cells"][0]["verdict"] = '"><script>'
    outline = example.Outline(write(ledger=book))
    assert len(outline.all("script")) == 2
    assert int(outline.classed("toggle")[0].text.split()[0]) == 0


def test_many_breaks_do_not_bury_the_page(write, example):
    many = [example.Finding(f"models/{n}/model.txt", "missing", "gone") for n in range(50)]
    outline = example.Outline(write(findings=many))
    assert "The other 30 breaks" in [e.text for e in outline.all("summary")]
    assert sum(e.text == "missing" for e in outline.all("th")) == 50


def test_an_empty_run_has_a_page_and_the_same_results_give_the_same_bytes(write, text, tmp_path):
    book = {"preset": "demo", "cells": [], "jobs": {}, "makers": {}}
    assert write(ledger=book, findings=[], published={}, folder=tmp_path).count("There is none") == 2
    assert write() == text
    with pytest.raises(VspairError, match="name a file in it"):
        write(output=tmp_path)
