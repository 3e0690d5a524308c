"""Every measure of every method of a problem, on every data set: means over the test pairs."""

import json
from pathlib import Path

import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, Published, sources, table_frame, write_table

with recorded(snakemake) as job:
    rows: dict[str, list[str]] = {}
    for path, row in zip(snakemake.input.images, snakemake.params.rows, strict=True):
        rows.setdefault(row, []).append(path)
    measured = {
        row: json.loads(Path(path).read_text(encoding="utf-8"))["measures"]
        for path, row in zip(snakemake.input.summaries, snakemake.params.rows, strict=True)
    }
    cells = []
    for row, paths in rows.items():
        means = pd.DataFrame([pd.read_csv(path)[measured[row]].mean() for path in paths])
        cells += [Cell(row, column, means[column].tolist(), "", paths, column, "mean") for column in measured[row]]
    frame = table_frame(cells, Published({}, {}), job.configuration)
    note = f"Of {len(pd.read_csv(snakemake.input.images[0]))} test pairs."
    write_table(Path(snakemake.output.csv).with_suffix(""), frame, snakemake.params.caption, note)
    job.annotate(snakemake.output.csv, {"cells": sources(cells)})
