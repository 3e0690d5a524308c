"""What each CT method costs: parameters, training and inference time, memory."""

import math

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.written import read_json

HOUR, GIB = 3600, 2**30
NUMBER = int | float
SUMMARY = {"parameters": int, "inference_seconds": NUMBER, "inference_batch": int}
COST = {"seconds": NUMBER | None, "epochs": int, "peak_bytes": int}


def by_method(runs: list, paths: list[str]) -> dict[str, list[str]]:
    """Files of each method's runs, in the order of the runs."""
    found: dict[str, list[str]] = {}
    for (method, _, _), path in zip(runs, paths, strict=True):
        found.setdefault(method, []).append(path)
    return found


def measured(costs: list[dict], key: str, scale: float) -> list[float]:
    """A number of each run in a readable unit, NaN where it was not measured; empty where it was in none."""
    values = [cost[key] / scale if cost[key] else math.nan for cost in costs]
    return [] if all(map(math.isnan, values)) else values


with recorded(snakemake) as job:
    summary_paths = by_method(snakemake.params.runs, snakemake.input.summaries)
    cost_paths = by_method(snakemake.params.cost_runs, snakemake.input.costs)
    cells, batches = [], set()
    for method, paths in summary_paths.items():
        summaries = [read_json(path, SUMMARY) for path in paths]
        batches |= {summary["inference_batch"] for summary in summaries}
        cells.append(
            Cell(method, "parameters", [summaries[0]["parameters"]], "", paths[:1], "parameters", "value"),
        )
        seconds = [summary["inference_seconds"] for summary in summaries]
        cells.append(Cell(method, "inference_seconds", seconds, "s", paths, "inference_seconds", "value"))
        paths = cost_paths.get(method, [])
        costs = [read_json(path, COST) for path in paths]
        for cost in costs:
            cost["whole"] = cost["seconds"] and cost["seconds"] * cost["epochs"]
        for name, values, unit, key in (
            ("training_hours", measured(costs, "whole", HOUR), "h", f"seconds * epochs / {HOUR}"),
            ("memory_gib", measured(costs, "peak_bytes", GIB), "GiB", f"peak_bytes / {GIB}"),
        ):
            if values:
                cells.append(Cell(method, name, values, unit, paths, key))
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
