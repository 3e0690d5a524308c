"""A run whose every text is hostile: markup, script, terminal controls and letters that turn a line around."""

import json

import pytest

from vspair.provenance.audit.findings import Finding
from vspair.reporting.page import write_page

TAGS = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>"
CONTROLS = "\x1b[2K\u202e\u2066\u200b\u2028\x9b\n\x07"
EVIL = f"{TAGS}{CONTROLS}"
VISIBLE = "\\x1b[2K\\u202e\\u2066\\u200b\\u2028\\x9b\\x0a\\x07"


@pytest.fixture(scope="module")
def page(example, tmp_path_factory):
    """The page of the example, in which whatever comes from a file or a setting says `EVIL`."""
    folder = example.write_results(tmp_path_factory.mktemp("hostile") / "demo")
    (folder / "tables/table1.md").write_text(f"Above {EVIL}\n\n| a |\n|---|\n| 1 |\n\nBelow {EVIL}\n", encoding="utf-8")
    evil, made = example.job, example.jobs()
    facts = {
        "rule": EVIL,
        "wildcards": {EVIL: EVIL},
        "script": EVIL,
        "entries": [EVIL],
        "files": {EVIL: example.sha("x")},
        "configuration": {EVIL: {EVIL: [EVIL]}},
        "commit": EVIL,
        "machine": {"cpu": EVIL, "cores": 2, "memory": 2**34, EVIL: EVIL},
        "versions": {EVIL: EVIL},
        "started": EVIL,
        "command": EVIL,
        "target": EVIL,
    }
    table = evil("table1", [f"{EVIL}.csv"], ["tables/table1.csv", f"tables/{EVIL}.csv"]) | facts
    made["tables/table1.receipt.json"] = table
    made[f"tables/{EVIL}.receipt.json"] = evil("x", ["data:raw.h5"], [f"figures/{EVIL}.png", f"{EVIL}.csv"]) | facts
    cells = [
        example.cell("tables/table1.csv", (EVIL, EVIL, 1.5, None, 1, EVIL, 1.0, 0.5, EVIL), key=EVIL, inputs=[EVIL])
    ]
    output = folder / "report.html"
    write_page(
        ledger=example.book(cells, made) | {"preset": EVIL},
        findings=[Finding(f"tables/{EVIL}.csv", "edited", EVIL), Finding("tables/table1.csv", "stale code", EVIL)],
        record=example.SIGNED | {"when": EVIL, "commit": EVIL, "signed": {"name": EVIL, "note": EVIL}},
        folder=folder,
        captions={"table1": EVIL, "fig2": EVIL},
        published={},
        output=output,
        when=example.WHEN,
        limits=[EVIL],
    )
    return output.read_text(encoding="utf-8")


def test_nothing_becomes_markup(page, example):
    outline = example.Outline(page)
    assert [e.attributes.get("type") for e in outline.all("script")] == ["application/json", None]
    assert outline.all("svg") == []
    assert all(e.attributes["src"].startswith("data:image/png;base64,") for e in outline.all("img"))
    assert not any(name.startswith("on") for e in outline.elements for name in e.attributes)


def test_no_letter_is_left_that_moves_or_hides_others(page):
    """In the text, in attributes, in the block of JSON and in the source that somebody looks at."""
    for letter in (letter for letter in CONTROLS if not letter.isprintable() and letter != "\n"):
        assert letter not in page, f"U+{ord(letter):04X}"
    assert page.count("\\x1b[2K\\u202e") > 20


def test_what_was_said_is_still_to_be_read(page, example):
    """A place for each kind of text, as it must be seen: whole, and with numbers for what has no form."""
    outline = example.Outline(page)
    wanted = f"{TAGS}{VISIBLE}"
    for tags in (("th",), ("td",), ("code",), ("strong",), ("em",), ("title",)):
        assert any(wanted in e.text for e in outline.all(*tags)), tags
    assert any(f"“{wanted}”" in e.text for e in outline.all("p"))
    captions = [e.text for e in outline.classed("caption")]
    # Markup of captions is text here; the end of a line stays one.
    assert captions == [f"{TAGS}{VISIBLE}".replace("\\x0a", "\n")]


def test_the_script_finds_what_the_page_names(page, example):
    """Names in attributes and names in the block of JSON are spelled alike, so that every button has its chain."""
    outline = example.Outline(page)
    data = example.block(outline)
    buttons = [e.attributes["data-file"] for e in outline.elements if "data-file" in e.attributes]
    assert f"figures/{TAGS}{VISIBLE}.png" in buttons
    assert all(name in data["makers"] for name in buttons)
    assert all(receipt in data["jobs"] for receipt in data["makers"].values())
    articles = [e.attributes["id"] for e in outline.all("article")]
    assert all(cell["file"] in articles for cell in data["cells"])
    assert CONTROLS not in json.dumps(data, ensure_ascii=False)


def test_a_link_in_the_place_of_a_picture_or_of_notes_is_not_followed(example, tmp_path):
    """What lies elsewhere on this machine must not get into a page that is handed on."""
    folder = example.write_results(tmp_path / "demo")
    secrets = {"figures/fig2.png": example.picture(), "tables/table1.md": b"secret\n|", "figures/fig2.csv": b"secret"}
    for name, secret in secrets.items():
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        outside = tmp_path / "elsewhere" / name.replace("/", "-")
        outside.write_bytes(secret)
        (folder / name).unlink()
        (folder / name).symlink_to(outside)
    output = tmp_path / "report.html"
    write_page(example.ledger(), [], None, folder, example.CAPTIONS, example.PUBLISHED, output, example.WHEN)
    text = output.read_text(encoding="utf-8")
    assert "secret" not in text
    assert "data:image/png;base64," not in text
    assert "is not there, or is no PNG" in text
