"""Per-image metrics of one method as mean and standard deviation over its seeds."""

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded

with recorded(snakemake) as job:
    runs = pd.concat(pd.read_csv(path) for path in snakemake.input.images)
    # What describes a pair stands before its measures, of which every problem has the squared error first.
    grouped = runs.groupby(list(runs.columns[: runs.columns.get_loc("mse")]))
    spread = grouped.std() if len(snakemake.input.images) > 1 else None
    images = grouped.mean()
    if spread is not None:
        images = images.join(spread, rsuffix="_sd")
    images["seeds"] = grouped.size()
    with whole(snakemake.output.images) as temporary:
        images.to_csv(temporary, float_format="%.8g")
