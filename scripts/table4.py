"""Table 4: how many latents of an image are active in all posterior samples, with verdicts."""

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

with recorded(snakemake) as job:
    cells, images = [], job.configuration["inpainting.data.test"]
    for method in snakemake.params.methods:
        paths = [path for path in snakemake.input.images if f"/{method}/" in path]
        counts = [read_images(path, ("always_active",), images)["always_active"] for path in paths]
        for column in ("mean", "min", "max"):
            values = [float(count.agg(column)) for count in counts]
            source = ("always_active", "mean") if column == "mean" else (f"{column}(always_active)", "")
            cells.append(Cell(method, column, values, "latents", paths, *source))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "table4"),
    )
    job.annotate(snakemake.output.csv, noted)
