"""What each CT method costs: parameters, training and inference time, memory."""

import json
from pathlib import Path

from vspair.provenance import recorded
from vspair.reporting import Cell, read_published, sources, table_frame, write_table

HOUR, GIB = 3600, 2**30
CAPTION = (
    "Cost of the CT methods: mean ± standard deviation over noise levels and seeds. training_hours is the wall time of "
    "an epoch times the number of epochs, for TV that of choosing its strength; inference_seconds is per image in "
    "batches; memory_gib is the most memory that the training process held, on the GPU where it ran there."
)


def by_method(runs: list, paths: list[str]) -> dict[str, list[str]]:
    """Files of each method's runs, in the order of the runs."""
    found: dict[str, list[str]] = {}
    for (method, _, _), path in zip(runs, paths, strict=True):
        found.setdefault(method, []).append(path)
    return found


def column(values: list, scale: float) -> list[float]:
    """Values that were measured, in a readable unit."""
    return [value / scale for value in values if value is not None]


with recorded(snakemake) as job:
    summary_paths = by_method(snakemake.params.runs, snakemake.input.summaries)
    cost_paths = by_method(snakemake.params.cost_runs, snakemake.input.costs)
    cells, batches = [], set()
    for method, paths in summary_paths.items():
        summaries = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
        batches |= {summary["inference_batch"] for summary in summaries}
        cells.append(
            Cell(method, "parameters", [summaries[0]["parameters"]], "", paths[:1], "parameters"),
        )
        seconds = [summary["inference_seconds"] for summary in summaries]
        cells.append(Cell(method, "inference_seconds", seconds, "s", paths, "inference_seconds"))
        paths = cost_paths.get(method, [])
        costs = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
        hours = column([cost["seconds"] and cost["seconds"] * cost["epochs"] for cost in costs], HOUR)
        memory = column([cost["peak_bytes"] or None for cost in costs], GIB)
        cells += [
            Cell(method, name, values, unit, paths, key)
            for name, values, unit, key in (
                ("training_hours", hours, "h", "seconds * epochs"),
                ("memory_gib", memory, "GiB", "peak_bytes"),
            )
            if values
        ]
    published = read_published(Path(snakemake.input.published), "table_ct_cost")
    frame = table_frame(cells, published, job.configuration)
    note = f"Inference in batches of {', '.join(map(str, sorted(batches)))} on {job.configuration['device']}."
    note = " ".join(filter(None, [note, published.note(job.configuration)]))
    write_table(Path(snakemake.output.csv).with_suffix(""), frame, CAPTION, note, snakemake.params.labels)
    job.annotate(snakemake.output.csv, {"cells": sources(cells)})
