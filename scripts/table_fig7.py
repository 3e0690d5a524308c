"""The numbers printed in Figure 7: correlation of uncertainty with error, variance inside against outside the holes."""

import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

with recorded(snakemake) as job:
    cells = []
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        frames = [pd.read_csv(path) for path in paths]
        ratios = [frame["variance_holes"] / frame["variance_outside"] for frame in frames]
        correlations = [float(frame["uncertainty"].corr(frame["mse30"])) for frame in frames]
        cells.append(
            Cell(method, "pearson_r", correlations, "", paths, "Pearson correlation of uncertainty with mse30")
        )
        medians = [float(ratio.median()) for ratio in ratios]
        key = "median(variance_holes / variance_outside)"
        cells.append(Cell(method, "median_ratio", medians, "", paths, key))
        above = [float((ratio > 1).mean()) for ratio in ratios]
        key = "share of images with variance_holes / variance_outside > 1"
        cells.append(Cell(method, "share_above_1", above, "", paths, key))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "fig7"),
    )
    job.annotate(snakemake.output.csv, noted)
