"""Every measure of every method of a problem, on every data set: means over the test pairs."""

import pandas as pd

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.written import read_json

with recorded(snakemake) as job:
    rows: dict[str, list[str]] = {}
    for path, row in zip(snakemake.input.images, snakemake.params.rows, strict=True):
        rows.setdefault(row, []).append(path)
    summaries = {
        path: read_json(summary, {"measures": list, "images": int})
        for path, summary in zip(snakemake.input.images, snakemake.input.summaries, strict=True)
    }
    cells = []
    for row, paths in rows.items():
        measures = summaries[paths[0]]["measures"]
        means = pd.DataFrame(
            [read_images(path, measures, summaries[path]["images"])[measures].mean() for path in paths]
        )
        cells += [Cell(row, column, means[column].tolist(), "", paths, column, "mean") for column in measures]
    counts = {summary["images"] for summary in summaries.values()}
    note = f"Of {', '.join(map(str, sorted(counts)))} test pairs."
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        note,
    )
    job.annotate(snakemake.output.csv, noted)
