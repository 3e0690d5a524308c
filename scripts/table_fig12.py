"""The trends of Figure 12: error and sparsity against the mean of the Beta hyperprior, with verdicts on their signs."""

import numpy as np
import pandas as pd

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

METRICS = ["mse", "mse30", "nnz"]

with recorded(snakemake) as job:
    lines, images = [], job.configuration["inpainting.studies.hyperprior.test"]
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        alpha0, beta0 = (float(value) for value in point.values())
        means = read_images(path, METRICS, images)[METRICS].mean()
        lines.append({"alpha0": alpha0, "beta0": beta0, "seed": seed, "path": path, **means})
    runs = pd.DataFrame(lines)
    runs["mean"] = runs["alpha0"] / (runs["alpha0"] + runs["beta0"])
    cells = []
    for metric in METRICS:
        trend = [float(part["mean"].corr(part[metric], method="spearman")) for _, part in runs.groupby("seed")]
        key = f"Spearman correlation of alpha0 / (alpha0 + beta0) of the runs of a seed with mean({metric})"
        paths = runs["path"].tolist()
        cells.append(Cell("sign of trend", metric, np.sign(trend).tolist(), "", paths, f"sign of the {key}"))
        cells.append(Cell("trend", metric, trend, "", paths, key))
    for (alpha0, beta0), part in runs.groupby(["alpha0", "beta0"]):
        row = f"alpha0={alpha0:g}, beta0={beta0:g}"
        paths = part["path"].tolist()
        cells += [Cell(row, metric, part[metric].tolist(), "", paths, metric, "mean") for metric in METRICS]
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        published=(snakemake.input.published, "fig12"),
    )
    job.annotate(snakemake.output.csv, noted)
