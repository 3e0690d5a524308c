"""Calibration of every probabilistic method, as trained and after a conformal scaling; the paper has no such table."""

from vspair.provenance import recorded
from vspair.reporting import make_table
from vspair.reporting.calibrated import calibration_cells, read_summaries, with_scaled

NOTE = (
    "{samples} samples an image; {calibration_images} test images fit the scaling, all numbers are of the other "
    "{images}. For a further image exchangeable with those of the fit, the scaled interval of a level c misses on "
    "average at most 1 - c of its pixels (conformal risk control, of all pixels and not of those in the holes alone). "
    "ause, pearson and spearman do not change under the scaling."
)

with recorded(snakemake) as job:
    methods = snakemake.params.methods
    rows = {method: [path for path in snakemake.input.summaries if f"/{method}/" in path] for method in methods}
    found, without = read_summaries(rows, job.configuration["inpainting.data.test"])
    cells = calibration_cells(rows, found, "grey values of the scale")
    note = " ".join(filter(None, [NOTE.format_map(next(iter(found.values()))[0]), without]))
    labels = with_scaled(snakemake.params.labels, methods)
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        note,
        labels,
    )
    job.annotate(snakemake.output.csv, noted)
