"""The ledger: every cell of every table and every number printed in a figure, with the files and runs behind it."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.provenance import recorded
from vspair.provenance.run.chain import Run
from vspair.provenance.run.ledger import COLUMNS, flat, ledger

with recorded(snakemake) as job:
    run = Run(Path(snakemake.output.csv).parent, Path(snakemake.config["local"]["root"]))
    files = set(map(run.places.name, snakemake.input))
    lines = pd.DataFrame(flat(ledger(run), files), columns=list(COLUMNS))
    with whole(snakemake.output.csv) as temporary:
        lines.to_csv(temporary, index=False, float_format="%.8g")
    job.log.info("%d cells of %d files", len(lines), lines["file"].nunique())
