"""A made-up run for the report's page: two tables, one of them not made, and a figure, behind three stages of jobs."""

import csv
import hashlib
import json
import struct
import zlib
from datetime import UTC, datetime
from html.parser import HTMLParser
from types import SimpleNamespace

from vspair.provenance.audit.findings import Finding
from vspair.published import Published

EVIL = "<script>alert(1)</script></script><!-- <b>&amp;"
WHEN = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
SIGNED = {
    "when": "2026-11-20T08:00:00Z",
    "commit": "c" * 40,
    "dirty": False,
    "full": True,
    "receipts": 6,
    "outputs": 9,
    "findings": [],
    "signed": {"name": "A. <i>Reviewer</i>", "note": "as it should be"},
}
# Row, column, value, sd, n, unit, published, tolerance, verdict: every verdict, an empty value, and numbers whose order
# as texts differs from their order as numbers.
LINES = [
    ("A 2.5", "psnr", 9.5, 0.5, 2, "dB", 9.4, 0.2, "reproduced"),
    ("A 10", "psnr", 100.5, 20.0, 2, "dB", 110.0, 1.0, "within noise"),
    ("A 20", "psnr", 20.25, 0.5, 2, "dB", 30.0, 1.0, "differs"),
    (EVIL, "psnr", -3.5, None, 1, "dB", 1.0, 0.5, "not comparable"),
    ("B 10", "psnr", None, None, 0, "", 5.0, 0.5, "not run"),
    ("A 2.5", "nnz", 13067043.0, None, 1, "", None, None, ""),
]
COLUMNS = ("row", "column", "value", "sd", "n", "unit", "published", "tolerance", "verdict")
PUBLISHED = {
    "table1": Published({("A 2.5", "psnr"): (9.4, 0.2)}, {}),
    "table9": Published({("C", "mse"): (0.5, 0.1), ("C", "mse30"): (0.25, 0.1), ("D", "mse"): (1, 0)}, {}),
}
CAPTIONS = {"table1": "Quality of ``A`` and B, in *dB*.", "fig2": "A square :sup:`2` <b>not bold</b>."}
FINDINGS = [
    Finding("models/1/model.txt", "edited", "its SHA-256 is 0123, not 4567: remake it with `snakemake x`"),
    Finding("tables/table1.csv", "stale code", f"{EVIL} changed"),
]


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def picture():
    """A grey PNG of 3 by 2 pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes(3) for _ in range(2))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def job(rule, inputs, outputs, **changes):
    """The facts of one job as the ledger has them."""
    return {
        "rule": rule,
        "wildcards": {},
        "preset": "demo",
        "seed": None,
        "stochastic": False,
        "script": f"scripts/{rule}.py",
        "entries": [],
        "fingerprint": sha(rule),
        "files": {f"scripts/{rule}.py": sha(rule), "vspair/files.py": sha("files")},
        "configuration": {"training.epochs": 3, "methods": {"A": {"width": 16}}},
        "commit": "1234567890abcdef" + "0" * 24,
        "dirty": False,
        "lock": sha("lock"),
        "machine": {"cpu": "Example CPU", "cores": 2, "memory": 2**34, "gpu": None},
        "versions": {"python": "3.11.7", "numpy": "2.1.3"},
        "started": "2026-11-21T16:00:00.000Z",
        "seconds": 10.0,
        "evidence_seconds": 0.05,
        "threads": 1,
        "resources": {},
        "command": f"snakemake --cores 1 --config preset=demo --force results/demo/{outputs[0]}",
        "claims": sha(rule + outputs[0]),
        "inputs": {name: sha(name) for name in inputs},
        "outputs": {name: sha(name) for name in outputs},
        "target": outputs[0],
    } | changes


def jobs():
    """Raw data -> pairs -> a model of each seed -> its metrics -> table and figure."""
    found = {"pairs/pairs.receipt.json": job("pairs", ["data:raw.h5"], ["pairs/pairs.txt"])}
    for seed in (0, 1):
        facts = {"seed": seed, "stochastic": True, "wildcards": {"seed": str(seed)}, "seconds": 100.0}
        model, metrics = f"models/{seed}/model.txt", f"metrics/{seed}/images.csv"
        found[f"models/{seed}/model.receipt.json"] = job("train", ["pairs/pairs.txt"], [model], **facts)
        found[f"metrics/{seed}/images.receipt.json"] = job("evaluate", [model, "pairs/pairs.txt"], [metrics], seed=seed)
    metrics = ["metrics/0/images.csv", "metrics/1/images.csv"]
    table = ["tables/table1.csv", "tables/table1.md", "tables/table1.tex"]
    found["tables/table1.receipt.json"] = job("table1", [*metrics, "project:config/published/x.yaml"], table)
    figure = ["figures/fig2.png", "figures/fig2.pdf", "figures/fig2.csv"]
    found["figures/fig2.receipt.json"] = job("fig2", metrics, figure, versions={"python": "3.12.1", "numpy": "2.1.3"})
    return found


def cell(file, line, **facts):
    source = {"key": "psnr", "statistic": "mean", "inputs": ["metrics/0/images.csv", "metrics/1/images.csv"]}
    return dict(zip(COLUMNS, line, strict=True)) | {"file": file} | source | facts


def ledger():
    """As `vspair.provenance.run.ledger` makes it of `write_results`."""
    cells = [cell("tables/table1.csv", line) for line in LINES]
    cells[1] |= {"inputs": ["metrics/1/images.csv"], "n": 1}
    printed = ("A 0", "r", 0.875, None, None, "", None, None, "")
    cells.append(cell("figures/fig2.csv", printed, key="r", statistic="", inputs=["metrics/0/images.csv"]))
    return book(cells, jobs())


def book(cells, made):
    makers = {name: receipt for receipt, facts in made.items() for name in facts["outputs"]}
    return {"preset": "demo", "cells": cells, "jobs": made, "makers": makers}


def large(tables, rows, jobs_in_each):
    """A ledger of many cells and jobs; the page must stay quick with as many as the full run has."""
    cells, made = [], {}
    for number in range(tables):
        name = f"tables/table{number + 1}.csv"
        inputs = [f"metrics/{number}/{place}/images.csv" for place in range(jobs_in_each)]
        made |= {path.replace(".csv", ".receipt.json"): job("evaluate", ["data:raw.h5"], [path]) for path in inputs}
        made[f"tables/table{number + 1}.receipt.json"] = job("table", inputs, [name])
        lines = [(f"row {row}", "psnr", row / 7, 0.1, 2, "dB", 1.0, 0.1, "differs") for row in range(rows)]
        cells += [cell(name, line, inputs=inputs) for line in lines]
    return book(cells, made)


def write_results(folder):
    """Tables and figures of the ledger as files; gives the folder."""
    for part in ("tables", "figures"):
        (folder / part).mkdir(parents=True)
    with (folder / "tables/table1.csv").open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *LINES])
    (folder / "tables/table1.md").write_text("What `psnr` is.\n\n| a |\n|---|\n| 1 |\n\nA note on <b>it</b>.\n")
    (folder / "figures/fig2.png").write_bytes(picture())
    lines = "".join(f"A {number},{number / 8},{EVIL}\n" for number in range(100))
    (folder / "figures/fig2.csv").write_text(f"method,r,text\n{lines}")
    return folder


VOID = {"meta", "img", "input", "br", "link"}


class Outline(HTMLParser):
    """Elements in order, each with its attributes and text; refuses tags that are not closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        element = SimpleNamespace(tag=tag, attributes=dict(attributes), text="", inside=tuple(e.tag for e in self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        for element in self.open:
            element.text += data

    def all(self, *tags):
        return [element for element in self.elements if element.tag in tags]

    def classed(self, name):
        return [e for e in self.elements if name in e.attributes.get("class", "").split()]


def block(outline):
    """The values that stand in a page for its script."""
    return json.loads(next(e for e in outline.all("script") if e.attributes.get("type") == "application/json").text)
