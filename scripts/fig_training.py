"""Training histories of all models and seeds, term by term."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.histories import history_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import named, save_figure

with recorded(snakemake) as job:
    parts = []
    for path, (model, seed) in zip(snakemake.input.histories, snakemake.params.runs, strict=True):
        wide = pd.read_csv(path)
        parts.append(wide.melt("epoch", var_name="term").assign(model=model, seed=seed))
    history = pd.concat(parts, ignore_index=True)[["model", "seed", "epoch", "term", "value"]]
    with whole(snakemake.output.csv) as temporary:
        history.to_csv(temporary, index=False)
    # No number is printed: the lines have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["model", "seed", "epoch", "term"], [], {}))
    names = named(history["model"].unique(), snakemake.params.labels)
    figure = history_figure(history.replace({"model": names}), list(names.values()))
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
