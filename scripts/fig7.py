"""Figure 7: uncertainty against error, and variance inside against outside the holes."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.files import whole
from vspair.metrics import read_images
from vspair.problems.inpainting.settings import Figures
from vspair.provenance import recorded
from vspair.reporting.printed import ALL, printed
from vspair.reporting.style import named, palette, save_figure
from vspair.reporting.uncertainty import CONFIDENCE, REGIONS, printed_numbers, uncertainty_figure, variance_ratio

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    settings = Figures.model_validate(job.configuration["inpainting.figures"])
    parts = []
    for method, path in zip(snakemake.params.methods, snakemake.input.images, strict=True):
        columns = ("mse30", "uncertainty", *REGIONS)
        frame = read_images(path, columns, job.configuration["inpainting.data.test"])
        # A seed of its own, so that all methods and all runs show the same images.
        chosen = np.random.default_rng(0).choice(len(frame), settings.scatter, replace=False)
        part = frame[["image", "mse30", "uncertainty"]].assign(method=method, scatter=frame.index.isin(chosen))
        part["ratio"] = variance_ratio(frame)
        parts.append(part)
    images = pd.concat(parts, ignore_index=True)[["method", "image", "scatter", "mse30", "uncertainty", "ratio"]]
    shown = images.rename(columns={"mse30": "error"})
    numbers = printed_numbers(shown)
    with whole(snakemake.output.csv) as temporary:
        pd.concat([numbers.assign(image=ALL), images])[[*images, *numbers.columns[1:]]].to_csv(temporary, index=False)
    files = dict(zip(snakemake.params.methods, snakemake.input.images, strict=True))
    inputs = [[files[method]] for method in numbers["method"]]
    interval = f"of the {CONFIDENCE:.0%} interval of r (Fisher's z)"
    keys = {
        "r": "Pearson correlation of uncertainty with mse30 of the images with scatter",
        "r_low": f"lower end {interval}",
        "r_high": f"upper end {interval}",
        "median_ratio": "median(variance_holes / variance_outside) where it is above 0",
        "without": "images whose variance_holes / variance_outside is not above 0",
        "images": "number of images",
    }
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "image"], inputs, keys))
    shown = shown.replace({"method": names})
    save_figure(uncertainty_figure(shown, palette(list(names.values()))), Path(snakemake.output.png).with_suffix(""))
