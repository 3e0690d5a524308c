"""Figure 12: error and number of non-zero latents over a grid of the hyperprior's parameters."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting.heatmaps import heatmap_figure
from vspair.reporting.printed import ALL, printed
from vspair.reporting.style import save_figure

ALPHA0, BETA0 = "methods.vsPAIR.alpha0", "methods.vsPAIR.beta0"
METRICS = ["mse", "mse30", "nnz"]
PANELS = {"mse": "MSE (squared grey values)", "nnz": "mean number of non-zero latents"}

with recorded(snakemake) as job:
    lines, images = [], job.configuration["inpainting.studies.hyperprior"]["test"]
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        means = read_images(path, METRICS, images)[METRICS].mean()
        lines.append({"alpha0": point[ALPHA0], "beta0": point[BETA0], "seed": seed, **means, "files": [path]})
    runs = pd.DataFrame(lines)
    points = runs.drop(columns="seed").groupby(["alpha0", "beta0"], as_index=False)
    means = points.agg({**dict.fromkeys(METRICS, "mean"), "files": "sum"})
    shown = pd.concat([means.assign(seed=ALL), runs], ignore_index=True)[list(runs)]
    with whole(snakemake.output.csv) as temporary:
        shown.drop(columns="files").to_csv(temporary, index=False)
    keys = {metric: metric for metric in METRICS}
    index = ["alpha0", "beta0", "seed"]
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, index, shown["files"], keys, "mean"))
    figure = heatmap_figure(means, ("alpha0", r"$\alpha_0$"), ("beta0", r"$\beta_0$"), PANELS)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
