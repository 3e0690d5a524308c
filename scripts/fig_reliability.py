"""Coverage against width of the central credible intervals of every method, as sampled and after the scaling."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.calibrated import read_summaries
from vspair.reporting.printed import printed
from vspair.reporting.sharpness import sharpness_figure, widths
from vspair.reporting.style import named, palette, save_figure
from vspair.written import read_json

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    rows: dict[str, list[str]] = {}
    seeds: dict[str, list[int]] = {}
    for path, (method, data, seed) in zip(snakemake.input.summaries, snakemake.params.runs, strict=True):
        rows.setdefault(f"{method} {data}", []).append(path)
        seeds.setdefault(f"{method} {data}", []).append(seed)
    # Slices are as many as their source had, and a file says it; of other images the settings do.
    split = snakemake.input.get("split")
    test = read_json(split, {"test": int})["test"] if split else job.configuration["inpainting.data.test"]
    found, _ = read_summaries(rows, test)
    parts = []
    for run, summaries in found.items():
        method, data = run.split(" ")
        for seed, summary in zip(seeds[run], summaries, strict=True):
            parts.append(widths(summary).assign(method=method, data=data, seed=seed))
    index = ["method", "data", "seed", "part", "level"]
    intervals = pd.concat(parts, ignore_index=True)[[*index, "coverage", "width"]]
    with whole(snakemake.output.csv) as temporary:
        intervals.to_csv(temporary, index=False)
    # No number is printed: the points have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, index, [], {}))
    shown, noise = intervals.replace({"method": names}), snakemake.params.noise
    figure = sharpness_figure(shown, palette(list(names.values())), snakemake.params.unit, noise)
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
