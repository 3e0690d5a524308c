"""An ablation of vsPAIR+: scores of its posterior with each of its parts taken away, beside other methods."""

import pandas as pd

from vspair.metrics import read_images
from vspair.problems.studies import parse_run
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

METRICS = {
    **dict.fromkeys(("crps", "energy"), "grey values of the scale"),
    **dict.fromkeys(("mse", "mse30"), "squares of these"),
    **dict.fromkeys(("nnz", "coverage_90"), ""),
}
SHARES = [f"pit_{tenth}" for tenth in range(1, 11)]

with recorded(snakemake) as job:
    images = job.configuration["inpainting.studies.plus.test"]
    rows: dict[str, list[str]] = {}
    for path, (run, method, _) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        changes = [f"{key.rsplit('.', 1)[-1]}: {value}" for key, value in parse_run(run).items()]
        rows.setdefault(", ".join([snakemake.params.labels[method], *changes]), []).append(path)
    cells = []
    for row, paths in rows.items():
        means = pd.DataFrame([read_images(path, ("crps",), images, optional=METRICS).mean() for path in paths])
        for metric, unit in METRICS.items():
            if metric in means:
                cells.append(Cell(row, metric, means[metric].tolist(), unit, paths, metric, "mean"))
        uneven = (means[SHARES] - 1 / len(SHARES)).abs().sum(axis=1)
        key = "sum over tenths of |mean(pit) - 1/10|"
        cells.append(Cell(row, "unevenness", uneven.tolist(), "", paths, key))
        inner = pd.concat([means[SHARES[cut:-cut]].sum(axis=1) - (1 - cut / 5) for cut in range(1, 5)], axis=1)
        key = "mean over 20, 40, 60 and 80 % of |mean(pit) inside - level|"
        cells.append(Cell(row, "rank_mace", inner.abs().mean(axis=1).tolist(), "", paths, key))
    noted = make_table(snakemake.output.csv, cells, job.configuration, snakemake.params.caption)
    job.annotate(snakemake.output.csv, noted)
