"""Table 5: localisation ratios among consistently active and among all active latents, with verdicts."""

import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

STATISTICS = {
    "consistent_median_ratio": ("consistent_ratio", "median", ""),
    "consistent_mean_change": ("consistent_change", "mean", "squared grey values of the scale"),
    "all_median_ratio": ("all_ratio", "median", ""),
    "all_mean_ratio": ("all_ratio", "mean", ""),
}
"""Column of the table -> column of the search's file, how it is summarised over images, unit."""


with recorded(snakemake) as job:
    cells = []
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        found = [pd.read_csv(path) for path in paths]
        for column, (key, statistic, unit) in STATISTICS.items():
            values = [float(frame[key].agg(statistic)) for frame in found]
            source = (key, "mean") if statistic == "mean" else (f"{statistic}({key})", "")
            cells.append(Cell(method, column, values, unit, paths, *source))
        without = [float(frame["consistent_ratio"].isna().mean()) for frame in found]
        cells.append(Cell(method, "without_latent", without, "", paths, "share of images without consistent_ratio"))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "table5"),
    )
    job.annotate(snakemake.output.csv, noted)
