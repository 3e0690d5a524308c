"""What each CT method costs: parameters, training and inference time, memory."""

import json
from pathlib import Path

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

HOUR, GIB = 3600, 2**30


def by_method(runs: list, paths: list[str]) -> dict[str, list[str]]:
    """Files of each method's runs, in the order of the runs."""
    found: dict[str, list[str]] = {}
    for (method, _, _), path in zip(runs, paths, strict=True):
        found.setdefault(method, []).append(path)
    return found


def measured(paths: list[str], values: list, scale: float) -> tuple[list[float], list[str]]:
    """Values that were measured, in a readable unit, and the file of each."""
    kept = [(value / scale, path) for value, path in zip(values, paths, strict=True) if value is not None]
    return [value for value, _ in kept], [path for _, path in kept]


with recorded(snakemake) as job:
    summary_paths = by_method(snakemake.params.runs, snakemake.input.summaries)
    cost_paths = by_method(snakemake.params.cost_runs, snakemake.input.costs)
    cells, batches = [], set()
    for method, paths in summary_paths.items():
        summaries = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
        batches |= {summary["inference_batch"] for summary in summaries}
        cells.append(
            Cell(method, "parameters", [summaries[0]["parameters"]], "", paths[:1], "parameters", "value"),
        )
        seconds = [summary["inference_seconds"] for summary in summaries]
        cells.append(Cell(method, "inference_seconds", seconds, "s", paths, "inference_seconds", "value"))
        paths = cost_paths.get(method, [])
        costs = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
        seconds = [cost["seconds"] and cost["seconds"] * cost["epochs"] for cost in costs]
        memory = [cost["peak_bytes"] or None for cost in costs]
        for name, (values, used), unit, key in (
            ("training_hours", measured(paths, seconds, HOUR), "h", f"seconds * epochs / {HOUR}"),
            ("memory_gib", measured(paths, memory, GIB), "GiB", f"peak_bytes / {GIB}"),
        ):
            if values:
                cells.append(Cell(method, name, values, unit, used, key))
    note = f"Inference in batches of {', '.join(map(str, sorted(batches)))} on {job.configuration['device']}."
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        note,
        snakemake.params.labels,
        published=(snakemake.input.published, "table_ct_cost"),
    )
    job.annotate(snakemake.output.csv, noted)
