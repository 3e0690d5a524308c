"""Figure 12: error and number of non-zero latents over a grid of the hyperprior's parameters."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.heatmaps import heatmap_figure
from vspair.reporting.style import save_figure

ALPHA0, BETA0 = "models.vsPAIR.alpha0", "models.vsPAIR.beta0"
PANELS = {"mse": "MSE (squared grey values)", "nnz": "mean number of non-zero latents"}

with recorded(snakemake) as job:
    lines = []
    for path, (point, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True):
        means = pd.read_csv(path)[["mse", "mse30", "nnz"]].mean()
        lines.append({"alpha0": point[ALPHA0], "beta0": point[BETA0], "seed": seed, **means})
    runs = pd.DataFrame(lines)
    with whole(snakemake.output.csv) as temporary:
        runs.to_csv(temporary, index=False)
    figure = heatmap_figure(runs, ("alpha0", r"$\alpha_0$"), ("beta0", r"$\beta_0$"), PANELS)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
