"""Spearman's correlations with the number of significant dimensions, over all runs (Table 3.3)."""

import math

from vspair.problems.interventions.results import Choice, Results
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table

with recorded(snakemake) as job:
    results = Results(snakemake.params.files)
    choice = Choice(**job.configuration["interventions.choices"])
    cells = []
    for model in snakemake.params.models:
        paths = [path for stack in results.of_epochs(choice.epochs, model) for path in results.paths[stack]]
        for feature, (rho, p) in results.correlations(choice, model).items():
            name = feature if model == "dense" else f"{feature} {model}"
            words = f"Spearman's rho of {choice.key(feature)} with {choice.key('sig_dims')} over all runs"
            cells.append(Cell(name, "rho", [rho], "", paths, words))
            logarithm = math.log10(p) if p > 0 else math.nan
            cells.append(Cell(name, "log10_p", [logarithm], "", paths, f"log10 of the p-value of {words}"))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        published=(snakemake.input.published, "int_table33"),
    )
    job.annotate(snakemake.output.csv, noted)
