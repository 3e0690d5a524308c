"""Figure 8: how selective the most localised latent of each test image is, and how much it changes."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.histograms import Panel, histogram_figure
from vspair.reporting.style import named, palette, save_figure

PANELS = [
    Panel("consistent_ratio", "highest localisation ratio", "median"),
    Panel("consistent_change", "MSE change in the holes (squared grey values)", "mean"),
]

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    parts = []
    for path, (model, seed) in zip(snakemake.input.localisation, snakemake.params.runs, strict=True):
        part = pd.read_csv(path)[["image", *(panel.column for panel in PANELS)]]
        part.insert(0, "seed", seed)
        part.insert(0, "method", model)
        parts.append(part)
    values = pd.concat(parts, ignore_index=True)
    with whole(snakemake.output.csv) as temporary:
        values.to_csv(temporary, index=False)
    figure = histogram_figure(
        values.replace({"method": names}),
        PANELS,
        palette(list(names.values())),
        "a consistently active latent that has an effect",
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
