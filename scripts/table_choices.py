"""A study of the paper's open choices: which comes nearest to all of Table 3 at once (deviations E5, E14, D1, D2)."""

from pathlib import Path

from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting import Cell, fewer_seeds, read_published, sources, table_frame, write_table
from vspair.reporting.closeness import distance, shape_distance

METRICS = ("mse", "mse30", "nnz")


def short(setting: str) -> str:
    """A setting `a.b.key=value` without what stands in front of its key."""
    key, *value = setting.split("=")
    return "=".join([key.rsplit(".", 1)[-1], *value])


with recorded(snakemake) as job:
    published = read_published(Path(snakemake.input.published), "table3")
    wanted = {key: number for key, (number, _) in published.values.items() if key[1] in METRICS}
    runs = {
        (run, method, seed): path
        for path, (run, method, seed) in zip(snakemake.input.runs, snakemake.params.runs, strict=True)
    }
    images = job.configuration[snakemake.params.study]["test"]
    means = {}
    for key, path in runs.items():
        found = read_images(path, ("mse",), images, optional=METRICS)
        means[key] = found[[metric for metric in METRICS if metric in found]].mean()
    seeds = list(dict.fromkeys(seed for _, _, seed in runs))
    cells = []
    for name, parts in snakemake.params.points.items():
        found = {
            seed: {
                (method, metric): means[run, method, seed][metric]
                for method, run in parts.items()
                for metric in METRICS
                if metric in means[run, method, seed]
            }
            for seed in seeds
        }
        paths = [runs[run, method, seed] for method, run in parts.items() for seed in seeds]
        errors = {key: number for key, number in wanted.items() if key[1] != "nnz"}
        for column, measure, against, key in (
            ("distance", distance, wanted, "root mean square of log(mean / published) over mse, mse30, nnz"),
            ("shape", shape_distance, errors, "standard deviation of log(mean / published) over mse, mse30"),
        ):
            values = [measure(found[seed], against) for seed in seeds]
            cells.append(Cell(name, column, values, "", [*paths, snakemake.input.published], key))
        for method, metric in wanted:
            if method in parts:
                values = [found[seed][method, metric] for seed in seeds]
                chain = [runs[parts[method], method, seed] for seed in seeds]
                cells.append(Cell(name, f"{method} {metric}", values, "", chain, metric, "mean"))
    frame = table_frame(cells, type(published)({}, {}), job.configuration)
    distances = frame[frame["column"] == "distance"].set_index("row")["value"].dropna()
    # Without any non-zero latent a combination has no distance.
    nearest = None if distances.empty else distances.idxmin()
    labels = {row: ", ".join(map(short, row.split(","))) for row in frame["row"]}
    paper = ", ".join(f"{method} {metric} {number:g}" for (method, metric), number in wanted.items())
    note = f"Nearest by distance: {labels.get(nearest, 'none')}. The paper, after far longer training: {paper}."
    note = " ".join(filter(None, [note, fewer_seeds(cells)]))
    write_table(Path(snakemake.output.csv).with_suffix(""), frame, snakemake.params.caption, note, labels)
    job.annotate(snakemake.output.csv, {"cells": sources(cells), "nearest": nearest})
    job.log.info("nearest to Table 3: %s", nearest)
