"""Figure 8: how selective the most localised latent of each test image is, and how much it changes."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.metrics import LOCALISED, read_images
from vspair.provenance import recorded
from vspair.reporting.histograms import Panel, histogram_figure, printed_numbers
from vspair.reporting.printed import ALL, printed
from vspair.reporting.style import named, palette, save_figure

PANELS = [
    Panel("consistent_ratio", "highest localisation ratio", "median"),
    Panel("consistent_change", "MSE change in the holes (squared grey values)", "mean"),
]

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    parts, images = [], job.configuration["inpainting.evaluation.localisation"]["images"]
    for path, (method, seed) in zip(snakemake.input.localisation, snakemake.params.runs, strict=True):
        found = read_images(path, (), images, empty=LOCALISED)
        part = found[["image", *(panel.column for panel in PANELS)]]
        part.insert(0, "seed", seed)
        part.insert(0, "method", method)
        parts.append(part)
    values = pd.concat(parts, ignore_index=True)
    numbers = printed_numbers(values, PANELS)
    with whole(snakemake.output.csv) as temporary:
        pd.concat([numbers.assign(seed=ALL, image=ALL), values])[
            [*values, *numbers.columns.difference(values.columns, sort=False)]
        ].to_csv(temporary, index=False)
    files = list(zip(snakemake.input.localisation, snakemake.params.runs, strict=True))
    inputs = [[path for path, (name, _) in files if name == method] for method in numbers["method"]]
    pooled = "over the images of all seeds"
    keys = {panel.column: f"{panel.marked}({panel.column}) {pooled}" for panel in PANELS}
    keys |= {"without": f"images without {PANELS[0].column} {pooled}", "images": f"number of images {pooled}"}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "seed", "image"], inputs, keys))
    figure = histogram_figure(
        values.replace({"method": names}),
        PANELS,
        palette(list(names.values())),
        "a consistently active latent that has an effect",
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
