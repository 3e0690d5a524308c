"""Error and number of non-zero latents against the weight of the mapping loss (Appendix B)."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.style import palette, save_figure
from vspair.reporting.sweeps import sweep_figure

METHOD = "vsPAIR"
LAMBDA3 = f"methods.{METHOD}.weights.lambda3"
METRICS = ["mse", "mse30", "nnz"]
PANELS = {"mse": "MSE (squared grey values)", "nnz": "mean number of\nnon-zero latents"}

with recorded(snakemake) as job:
    lines, images = [], job.configuration["inpainting.studies.lambda3"]["test"]
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        means = read_images(path, METRICS, images)[METRICS].mean()
        lines.append({"lambda3": point[LAMBDA3], "seed": seed, **means})
    runs = pd.DataFrame(lines)
    with whole(snakemake.output.csv) as temporary:
        runs.to_csv(temporary, index=False)
    inputs = [[path] for path in snakemake.input.runs]
    keys = {metric: metric for metric in METRICS}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["lambda3", "seed"], inputs, keys, "mean"))
    colour = palette(snakemake.params.order)[METHOD]
    figure = sweep_figure(runs, ("lambda3", r"weight $\lambda_3$ of the mapping loss"), PANELS, colour)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
