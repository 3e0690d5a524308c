"""Coverage against width of the central credible intervals of every method, as sampled and after the scaling."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.calibrated import read_summaries
from vspair.reporting.printed import printed
from vspair.reporting.sharpness import sharpness_figure, widths
from vspair.reporting.style import named, palette, save_figure

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    rows: dict[str, list[str]] = {}
    for path, (method, _) in zip(snakemake.input.summaries, snakemake.params.runs, strict=True):
        rows.setdefault(method, []).append(path)
    found, _ = read_summaries(rows, job.configuration["inpainting.data.test"])
    parts = []
    for method, summaries in found.items():
        seeds = [seed for name, seed in snakemake.params.runs if name == method]
        for seed, summary in zip(seeds, summaries, strict=True):
            parts.append(widths(summary).assign(method=method, seed=seed))
    intervals = pd.concat(parts, ignore_index=True)[["method", "seed", "part", "level", "coverage", "width"]]
    with whole(snakemake.output.csv) as temporary:
        intervals.to_csv(temporary, index=False)
    # No number is printed: the points have names, so that one can ask for them.
    index = ["method", "seed", "part", "level"]
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, index, [], {}))
    figure = sharpness_figure(intervals.replace({"method": names}), palette(list(names.values())), "scale of the model")
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
