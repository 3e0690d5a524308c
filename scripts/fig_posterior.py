"""Are the samples the posterior's? Ranks of the truth and expected coverage (TARP), a row for each method."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.posterior import posterior_figure, read_posterior
from vspair.reporting.printed import printed
from vspair.reporting.style import save_figure

with recorded(snakemake) as job:
    given = snakemake.params
    parts = [
        read_posterior(path).assign(row=row, seed=seed)
        for path, row, seed in zip(snakemake.input.posteriors, given.rows, given.seeds, strict=True)
    ]
    curves = pd.concat(parts, ignore_index=True)[["row", "seed", "kind", "x", "y", "low", "high"]]
    with whole(snakemake.output.csv) as temporary:
        curves.to_csv(temporary, index=False)
    # No number is printed: the points have names, so that one can ask for them.
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["row", "seed", "kind", "x"], [], {}))
    save_figure(posterior_figure(curves.replace({"row": given.labels})), Path(snakemake.output.png).with_suffix(""))
