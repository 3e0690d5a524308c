"""Table 5: localisation ratios among consistently active and among all active latents, with verdicts."""

from vspair.metrics import LOCALISED, read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

STATISTICS = {
    "consistent_median_ratio": ("consistent_ratio", "median", ""),
    "consistent_mean_change": ("consistent_change", "mean", "squared grey values of the scale"),
    "all_median_ratio": ("all_ratio", "median", ""),
    "all_mean_ratio": ("all_ratio", "mean", ""),
}
"""Column of the table -> column of the search's file, how it is summarised over the images that have one, unit."""

WITHOUT = {"without_latent": "consistent_ratio", "without_any_latent": "all_ratio"}
"""Column of the table -> column of the search's file that is empty in this share of the images."""

with recorded(snakemake) as job:
    cells, images = [], job.configuration["inpainting.evaluation.localisation"]["images"]
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        found = [read_images(path, (), images, empty=LOCALISED) for path in paths]
        for column, (key, statistic, unit) in STATISTICS.items():
            values = [float(frame[key].agg(statistic)) for frame in found]
            source = (key, "known mean") if statistic == "mean" else (f"{statistic}({key})", "")
            cells.append(Cell(method, column, values, unit, paths, *source))
        for column, key in WITHOUT.items():
            without = [float(frame[key].isna().mean()) for frame in found]
            cells.append(Cell(method, column, without, "", paths, f"share of images without {key}"))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "table5"),
    )
    job.annotate(snakemake.output.csv, noted)
