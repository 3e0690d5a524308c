"""Training histories of all methods and seeds, term by term."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.metrics import read_history
from vspair.provenance import recorded
from vspair.reporting.histories import history_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import named, save_figure

with recorded(snakemake) as job:
    parts = []
    for path, (method, seed) in zip(snakemake.input.histories, snakemake.params.runs, strict=True):
        wide = read_history(path, job.configuration[f"inpainting.methods.{method}.training.epochs"])
        parts.append(wide.melt("epoch", var_name="term").assign(method=method, seed=seed))
    history = pd.concat(parts, ignore_index=True)[["method", "seed", "epoch", "term", "value"]]
    with whole(snakemake.output.csv) as temporary:
        history.to_csv(temporary, index=False)
    # No number is printed: the lines have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "seed", "epoch", "term"], [], {}))
    names = named(history["method"].unique(), snakemake.params.labels)
    figure = history_figure(history.replace({"method": names}), list(names.values()))
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
