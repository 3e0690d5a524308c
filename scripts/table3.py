"""Table 3: reconstruction error and sparsity of every method, with verdicts."""

import pandas as pd

from vspair.metrics import read_seeds
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.written import read_json

MEASURES = ("nnz", "sparsity", "mse", "mse30")
UNITS = {"mse": "squared grey values of the scale", "mse30": "squared grey values of the scale"}
UNIT_SCALE = "squared grey values in [0, 1]"

with recorded(snakemake) as job:
    cells, images = [], job.configuration["inpainting.data.test"]
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        summary = next(path for path in snakemake.input.summaries if f"/{method}/" in path)
        factor = read_json(summary, {"mse_to_unit": int | float})["mse_to_unit"]
        found = read_seeds(paths, ("mse",), images, optional=("mse30", "nnz", "sparsity"))
        means = pd.DataFrame([frame[[key for key in MEASURES if key in frame]].mean() for frame in found])
        for key in MEASURES:
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
