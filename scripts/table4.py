"""Table 4: how many latents of an image are active in all posterior samples, with verdicts."""

from pathlib import Path

import pandas as pd

from vspair.provenance import recorded
from vspair.reporting import Cell, notes, read_published, table_frame, write_table


with recorded(snakemake) as job:
    cells = []
    for model in snakemake.params.models:
        paths = [path for path in snakemake.input.images if f"/{model}/" in path]
        counts = [pd.read_csv(path)["always_active"] for path in paths]
        for column in ("mean", "min", "max"):
            values = [float(count.agg(column)) for count in counts]
            source = ("always_active", "mean") if column == "mean" else (f"{column}(always_active)", "")
            cells.append(Cell(model, column, values, "latents", paths, *source))
    published = read_published(Path(snakemake.input.published), "table4")
    frame = table_frame(cells, published, job.configuration)
    note = published.note(job.configuration)
    write_table(Path(snakemake.output.csv).with_suffix(""), frame, snakemake.params.caption, note, snakemake.params.labels)
    job.annotate(snakemake.output.csv, notes(cells, "table4", published, job.configuration))
