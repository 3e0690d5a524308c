"""Calibration of the posterior samples: reliability before and after the conformal scaling, and sparsification."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.calibration import calibration_figure, read_curves
from vspair.reporting.printed import printed
from vspair.reporting.style import named, palette, save_figure

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    parts, levels = [], job.configuration["inpainting.evaluation.calibration"]["levels"]
    for path, (method, seed) in zip(snakemake.input.curves, snakemake.params.runs, strict=True):
        part = read_curves(path, levels)
        part.insert(0, "seed", seed)
        part.insert(0, "method", method)
        parts.append(part)
    curves = pd.concat(parts, ignore_index=True)
    with whole(snakemake.output.csv) as temporary:
        curves.to_csv(temporary, index=False)
    # No number is printed: the lines have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "seed", "kind", "x"], [], {}))
    figure = calibration_figure(curves.replace({"method": names}), palette(list(names.values())))
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
