"""The sweep of lambda3 in Appendix B: how much error and sparsity move, with a verdict."""

import pandas as pd

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

METRICS = ["mse", "mse30", "nnz"]

with recorded(snakemake) as job:
    lines, images = [], job.configuration["inpainting.studies.lambda3.test"]
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        (lambda3,) = (float(value) for value in point.values())
        means = read_images(path, METRICS, images)[METRICS].mean()
        lines.append({"lambda3": lambda3, "seed": seed, "path": path, **means})
    runs = pd.DataFrame(lines)
    cells = [
        Cell(f"lambda3={lambda3:g}", metric, part[metric].tolist(), "", part["path"].tolist(), metric, "mean")
        for lambda3, part in runs.groupby("lambda3")
        for metric in METRICS
    ]
    for metric in METRICS:
        spreads = [float(part[metric].max() / part[metric].min() - 1) for _, part in runs.groupby("seed")]
        key = f"largest mean({metric}) of the runs of a seed / smallest - 1"
        cells.append(Cell("spread", metric, spreads, "", runs["path"].tolist(), key))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        published=(snakemake.input.published, "lambda3"),
    )
    job.annotate(snakemake.output.csv, noted)
