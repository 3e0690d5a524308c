"""The numbers printed in Figure 7: correlation of uncertainty with error, variance inside against outside the holes."""

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.reporting.uncertainty import REGIONS, variance_ratio

with recorded(snakemake) as job:
    cells, images = [], job.configuration["inpainting.data.test"]
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        frames = [read_images(path, ("mse30", "uncertainty", *REGIONS), images) for path in paths]
        ratios = [variance_ratio(frame) for frame in frames]
        correlations = [float(frame["uncertainty"].corr(frame["mse30"])) for frame in frames]
        cells.append(
            Cell(method, "pearson_r", correlations, "", paths, "Pearson correlation of uncertainty with mse30")
        )
        # As Figure 7 has it: a ratio is positive, and how many images have none is stated.
        medians = [float(ratio[ratio > 0].median()) for ratio in ratios]
        key = "median(variance_holes / variance_outside) where it is above 0"
        cells.append(Cell(method, "median_ratio", medians, "", paths, key))
        above = [float((frame["variance_holes"] > frame["variance_outside"]).mean()) for frame in frames]
        key = "share of images with variance_holes > variance_outside"
        cells.append(Cell(method, "share_above_1", above, "", paths, key))
        without = [float((~(ratio > 0)).mean()) for ratio in ratios]
        key = "share of images whose variance_holes / variance_outside is not above 0"
        cells.append(Cell(method, "without_ratio", without, "", paths, key))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "fig7"),
    )
    job.annotate(snakemake.output.csv, noted)
