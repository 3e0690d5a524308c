"""Calibration of every probabilistic method, as trained and after a conformal scaling; the paper has no such table."""

from vspair.provenance import recorded
from vspair.reporting import make_table
from vspair.reporting.calibrated import calibration_cells, promise, read_summaries, with_scaled

NOTE = (
    "Coverages are of all pixels and not of those in the holes alone, but where their names say so; widths of a "
    "functional are in grey values of the scale. ause, pearson and spearman do not change under the scaling."
)

with recorded(snakemake) as job:
    methods = snakemake.params.methods
    rows = {method: [path for path in snakemake.input.summaries if f"/{method}/" in path] for method in methods}
    found, without = read_summaries(rows, job.configuration["inpainting.data.test"])
    calibration = job.configuration["inpainting.evaluation.calibration"]
    cells = calibration_cells(rows, found, "grey values of the scale", calibration.get("functionals", {}))
    note = " ".join(filter(None, [promise(next(iter(found.values()))[0]), NOTE, without]))
    labels = with_scaled(snakemake.params.labels, methods)
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
