"""Table 3: reconstruction error and sparsity of every method, with verdicts."""

import json
from pathlib import Path

import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

UNITS = {"mse": "squared grey values of the scale", "mse30": "squared grey values of the scale"}
UNIT_SCALE = "squared grey values in [0, 1]"

with recorded(snakemake) as job:
    cells = []
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        summary = next(path for path in snakemake.input.summaries if f"/{method}/" in path)
        factor = json.loads(Path(summary).read_text(encoding="utf-8"))["mse_to_unit"]
        means = pd.DataFrame([pd.read_csv(path).mean() for path in paths])
        for key in ("nnz", "sparsity", "mse", "mse30"):
            if key in means:
                cells.append(Cell(method, key, means[key].tolist(), UNITS.get(key, ""), paths, key, "mean"))
        for key in ("mse", "mse30"):
            if key in means:
                in_unit = (means[key] * factor).tolist()
                formula = f"mean({key}) * mse_to_unit"
                cells.append(Cell(method, f"{key}_unit", in_unit, UNIT_SCALE, [*paths, summary], formula))
    scale = job.configuration["inpainting.data.scale"]
    note = f"Scale of the grey values: {scale} (which one the paper used is open, docs/deviations.md, E5)."
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        note,
        snakemake.params.labels,
        published=(snakemake.input.published, "table3"),
    )
    job.annotate(snakemake.output.csv, noted)
