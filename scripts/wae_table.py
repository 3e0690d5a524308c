"""A table of scores of paired Wasserstein autoencoders and what stands beside them: a row each stack."""

from vspair.metrics import read_numbers, read_texts
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

with recorded(snakemake) as job:
    files, cells = iter(snakemake.input.scores), []
    batches = job.configuration["transport.scores"]["batches"]
    for row, runs in zip(snakemake.params.rows, snakemake.params.runs, strict=True):
        paths = [next(files) for _ in range(runs)]
        there = read_texts(paths[0])
        for column in (column for column in snakemake.params.columns if column in there):
            numbers = [read_numbers(path, [column], batches)[column] for path in paths]
            means = [sum(each) / len(each) for each in numbers]
            cells.append(Cell(row, column, means, "", paths, column, "mean"))
    published = getattr(snakemake.input, "published", None)
    paper = (published, snakemake.rule) if published else None
    noted = make_table(snakemake.output.csv, cells, job.configuration, snakemake.params.caption, published=paper)
    job.annotate(snakemake.output.csv, noted)
