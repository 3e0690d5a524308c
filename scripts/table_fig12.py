"""The trends of Figure 12: error and sparsity against the mean of the Beta hyperprior, with verdicts on their signs."""

import numpy as np
import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

with recorded(snakemake) as job:
    lines = []
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        alpha0, beta0 = (float(value) for value in point.values())
        means = pd.read_csv(path)[["mse", "mse30", "nnz"]].mean()
        lines.append({"alpha0": alpha0, "beta0": beta0, "seed": seed, "path": path, **means})
    runs = pd.DataFrame(lines)
    runs["mean"] = runs["alpha0"] / (runs["alpha0"] + runs["beta0"])
    metrics = ("mse", "mse30", "nnz")
    cells = []
    for metric in metrics:
        trend = [float(part["mean"].corr(part[metric], method="spearman")) for _, part in runs.groupby("seed")]
        key = f"Spearman correlation of alpha0 / (alpha0 + beta0) of the runs of a seed with mean({metric})"
        paths = runs["path"].tolist()
        cells.append(Cell("sign of trend", metric, np.sign(trend).tolist(), "", paths, f"sign of the {key}"))
        cells.append(Cell("trend", metric, trend, "", paths, key))
    for (alpha0, beta0), part in runs.groupby(["alpha0", "beta0"]):
        row = f"alpha0={alpha0:g}, beta0={beta0:g}"
        paths = part["path"].tolist()
        cells += [Cell(row, metric, part[metric].tolist(), "", paths, metric, "mean") for metric in metrics]
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        published=(snakemake.input.published, "fig12"),
    )
    job.annotate(snakemake.output.csv, noted)
