"""Figure 11: reconstructions along the likely latents of highest and of lowest variance."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.steps import Varied, step_figure
from vspair.reporting.style import save_figure
from vspair.written import read_arrays

PARTS = ("latents", "sd", "gate", "images", "variance")
UNITS = {"sd": "σ", "variance": "σ²"}
SHOWN = {"latent": "varied_latents", "sd": "varied_sd", "gate": "varied_gate"}

with recorded(snakemake) as job:
    names = ["steps", "images", *(f"varied_{part}" for part in PARTS)]
    # A place without a latent has neither a standard deviation nor a gate.
    looked = read_arrays(snakemake.input.latents[0], names, undefined=["varied_sd", "varied_gate"])
    observations = {
        f"test image {image}": Varied(*(looked[f"varied_{part}"][row] for part in PARTS))
        for row, image in enumerate(looked["images"])
    }
    rows, places = looked["varied_latents"].shape
    table = pd.DataFrame(
        {
            "case": np.repeat(np.arange(rows), places),
            "image": np.repeat(looked["images"], places),
            "variance": np.tile(np.repeat(["highest", "lowest"], places // 2), rows),
            "place": np.tile(np.arange(places) % (places // 2), rows),
            "latent": looked["varied_latents"].ravel(),
            "sd": looked["varied_sd"].ravel(),
            "gate": looked["varied_gate"].ravel(),
            "mean_pixel_variance": looked["varied_variance"].mean((2, 3)).ravel(),
            "largest_pixel_variance": looked["varied_variance"].max((2, 3)).ravel(),
        }
    )
    with whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
    keys = {column: f"{tensor} of {{variance}} variance [{{case}}, {{place}}]" for column, tensor in SHOWN.items()}
    keys |= {
        f"{statistic}_pixel_variance": f"{statistic} of varied_variance of {{variance}} variance [{{case}}, {{place}}]"
        for statistic in ("mean", "largest")
    }
    inputs = [[snakemake.input.latents[0]]] * len(table)
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["case", "variance", "place"], inputs, keys))
    unit = UNITS[job.configuration["tomography.figures.unit"]]
    figure = step_figure(looked["steps"].tolist(), observations, job.configuration["tomography.figures.window"], unit)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
