"""Metrics by the strength of their correlation with the number of significant dimensions (Figure 3.1)."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.problems.interventions.results import Choice, Results
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.rankings import ranking_figure
from vspair.reporting.style import save_figure

with recorded(snakemake) as job:
    results = Results(snakemake.params.files)
    choice = Choice(**job.configuration["interventions.choices"])
    model = snakemake.params.models[0]
    found = results.correlations(choice, model)
    lines = [{"feature": feature, "rho": rho, "p": p} for feature, (rho, p) in found.items()]
    table = pd.DataFrame(lines).sort_values("rho", key=abs, ascending=False, kind="stable")
    with whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False, float_format="%.8g")
    paths = [path for stack in results.of_epochs(choice.epochs, model) for path in results.paths[stack]]
    keys = {
        "rho": "Spearman's rho of {feature} with sig_dims over all runs",
        "p": "p-value of Spearman's rho of {feature} with sig_dims over all runs",
    }
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["feature"], [paths] * len(table), keys))
    figure = ranking_figure(dict(zip(table["feature"], table["rho"], strict=True)), "Spearman's ρ with sig_dims")
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
