"""Image quality against noise, each method; those trained on variable noise by quarters of its range."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.files import whole
from vspair.metrics import read_images
from vspair.problems.tomography.scans import VARIABLE
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.style import named, palette, save_figure
from vspair.reporting.trends import trend_figure
from vspair.written import read_json

PANELS = {"psnr": "PSNR (dB)", "ssim": "SSIM"}
PARTS = 4

with recorded(snakemake) as job:
    names = named(snakemake.params.methods, snakemake.params.labels)
    edges = np.linspace(*job.configuration["tomography.noise.variable"], PARTS + 1)
    test = read_json(snakemake.input.split, {"test": int})["test"]
    frames = {True: [], False: []}
    for path, (method, noise, seed) in zip(snakemake.input.images, snakemake.params.runs, strict=True):
        images = read_images(path, ("level", *PANELS), test)
        variable = noise == VARIABLE
        if variable:
            part = np.digitize(images["level"], edges[1:-1])
            images["level"] = ((edges[:-1] + edges[1:]) / 2)[part]
        means = images.groupby("level", as_index=False)[list(PANELS)].mean()
        means["files"] = [[path]] * len(means)
        frames[variable].append(means.assign(method=method, seed=seed, data=VARIABLE if variable else "level"))
    scores, others = (
        pd.concat(frames[variable], ignore_index=True) if frames[variable] else None for variable in (False, True)
    )
    shown = pd.concat([part for part in (scores, others) if part is not None], ignore_index=True)
    with whole(snakemake.output.csv) as temporary:
        shown.drop(columns="files").to_csv(temporary, index=False)
    index = ["method", "data", "level", "seed"]
    quarter = {score: f"mean({score}) of the images in the quarter of levels around {{level}}" for score in PANELS}
    noted = {"index": index, "cells": {}}
    for data, keys, statistic in (("level", dict(zip(PANELS, PANELS, strict=True)), "mean"), (VARIABLE, quarter, "")):
        inputs = [line.files if line.data == data else [] for line in shown.itertuples()]
        noted["cells"] |= printed(snakemake.output.csv, index, inputs, keys, statistic)["cells"]
    job.annotate(snakemake.output.csv, noted)
    scores, others = (part if part is None else part.replace({"method": names}) for part in (scores, others))
    figure = trend_figure(scores, ("level", "Gaussian noise (%)"), PANELS, palette(list(names.values())), others)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
