"""Metrics of subsets and trained networks, mean over the seeds of the data (Tables 3.1 and 3.2)."""

from vspair.problems.interventions.results import Choice, Results
from vspair.provenance import recorded
from vspair.reporting import make_table

with recorded(snakemake) as job:
    results = Results(snakemake.params.files)
    choice = Choice(**job.configuration["interventions.choices"])
    cells = [
        results.cell(stack, choice, metric)
        for stack in results.of_epochs(choice.epochs)
        for metric in snakemake.params.metrics
    ]
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, snakemake.params.table),
    )
    job.annotate(snakemake.output.csv, noted)
