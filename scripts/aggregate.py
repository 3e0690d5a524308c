"""Per-image metrics of one method as mean and standard deviation over its seeds."""

import pandas as pd

from vspair.errors import VspairError
from vspair.files import whole
from vspair.metrics import read_seeds
from vspair.provenance import recorded
from vspair.written import read_json

with recorded(snakemake) as job:
    files = snakemake.input.images
    counts = {read_json(summary, {"images": int})["images"] for summary in snakemake.input.summaries}
    runs = pd.concat(read_seeds(files, None, max(counts)))
    # What describes a pair stands before its measures, of which every problem has the squared error first.
    grouped = runs.groupby(list(runs.columns[: runs.columns.get_loc("mse")]), dropna=False)
    if (grouped.size() != len(files)).any():
        raise VspairError(
            f"expected the same pairs in {', '.join(snakemake.input.images)}, found others in some: delete them and "
            "run the same command again"
        )
    spread = grouped.std() if len(files) > 1 else None
    images = grouped.mean()
    if spread is not None:
        images = images.join(spread, rsuffix="_sd")
    images["seeds"] = grouped.size()
    with whole(snakemake.output.images) as temporary:
        images.to_csv(temporary, float_format="%.8g")
