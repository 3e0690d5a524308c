"""What 30 posterior draws of an image cost each method, beside how good they are; the papers have no such table."""

from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.reporting.calibrated import read_summaries
from vspair.written import read_json

SAMPLING = {
    **dict.fromkeys(("sampling_seconds", "sampling_seconds_batched", "sampling_gflop"), int | float),
    **dict.fromkeys(("sampling_batch", "sampling_draws"), int),
}
UNITS = {"sampling_seconds": "s", "sampling_seconds_batched": "s", "sampling_gflop": "GFLOP"}
NOTE = (
    "{sampling_draws} draws of one image, alone and as one of a batch of {sampling_batch}, on {device} in the "
    "calibration jobs, beside whatever else ran there: their seconds are no benchmark, their operations are exact."
)


def by_row(paths: list[str]) -> dict[str, list[str]]:
    """Files of each row, in the order of the seeds."""
    found: dict[str, list[str]] = {}
    for row, path in zip(snakemake.params.rows, paths, strict=True):
        found.setdefault(row, []).append(path)
    return found


with recorded(snakemake) as job:
    calibrations, evaluations = by_row(snakemake.input.calibrations), by_row(snakemake.input.evaluations)
    split = snakemake.input.get("split")
    test = read_json(split, {"test": int})["test"] if split else job.configuration["inpainting.data.test"]
    found, _ = read_summaries(calibrations, test)
    cells = []
    for row, paths in calibrations.items():
        for score in ("crps", "energy"):
            values = [summary["raw"][score] for summary in found[row]]
            cells.append(Cell(row, score, values, snakemake.params.unit, paths, f"raw.{score}", "value"))
        sampling = [read_json(path, SAMPLING) for path in paths]
        for column, unit in UNITS.items():
            cells.append(Cell(row, column, [cost[column] for cost in sampling], unit, paths, column, "value"))
        first = evaluations[row][0]
        size = read_json(first, {"parameters": int})["parameters"]
        cells.append(Cell(row, "parameters", [size], "", [first], "parameters", "value"))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        NOTE.format_map(sampling[0] | {"device": job.configuration["device"]}),
        snakemake.params.labels,
    )
    job.annotate(snakemake.output.csv, noted)
