"""Mean number of significant dimensions of each configuration, with its standard error (Figure 3.2)."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.files import whole
from vspair.problems.interventions.results import Choice, Results
from vspair.provenance import recorded
from vspair.reporting.printed import printed
from vspair.reporting.rankings import counts_figure
from vspair.reporting.style import save_figure

with recorded(snakemake) as job:
    results = Results(snakemake.params.files)
    choice = Choice(**job.configuration["interventions.choices"])
    key = choice.key("sig_dims")
    lines, paths = [], []
    for stack in results.of_epochs(choice.epochs):
        values = results.values(stack, key)
        error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
        group = stack.source if stack.model == "dense" else f"{stack.source} {stack.model}"
        lines.append({"group": group, "classes": stack.classes, "mean": float(np.mean(values)), "error": error})
        paths.append(results.paths[stack])
    table = pd.DataFrame(lines)
    with whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False, float_format="%.8g")
    keys = {"mean": f"mean over seeds of {key}", "error": f"standard error over seeds of {key}"}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["group", "classes"], paths, keys))
    save_figure(counts_figure(table, "significant dimensions"), Path(snakemake.output.png).with_suffix(""))
