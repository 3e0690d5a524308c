"""Calibration of vsPAIR's posterior samples on scans, as trained and after a conformal scaling."""

from vspair.provenance import recorded
from vspair.reporting import make_table
from vspair.reporting.calibrated import calibration_cells, promise, read_summaries, with_scaled
from vspair.written import read_json

NOTE = (
    "Widths of a functional are in normalised attenuation. ause, pearson and spearman do not change under the scaling."
)
SLICES = (
    "Slices of one patient are not independent, so this holds for slices drawn at random from the same patients and "
    "need not hold for a new patient."
)

with recorded(snakemake) as job:
    rows: dict[str, list[str]] = {}
    for path, (method, noise, _) in zip(snakemake.input.summaries, snakemake.params.runs, strict=True):
        rows.setdefault(f"{method} {noise}", []).append(path)
    found, without = read_summaries(rows, read_json(snakemake.input.split, {"test": int})["test"])
    calibration = job.configuration["tomography.evaluation.calibration"]
    cells = calibration_cells(rows, found, "normalised attenuation", calibration.get("functionals", {}))
    summary = next(iter(found.values()))[0]
    warned = SLICES if summary["unit"] == "image" else ""
    note = " ".join(filter(None, [promise(summary), warned, NOTE, without]))
    labels = with_scaled(snakemake.params.labels, list(rows))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        note,
        labels,
        turned=True,
    )
    job.annotate(snakemake.output.csv, noted)
