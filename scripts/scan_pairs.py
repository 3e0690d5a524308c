"""Join the blocks of scans to training and test pairs."""

from pathlib import Path

from vspair.data import write_pairs
from vspair.data.blocks import join_blocks
from vspair.provenance import recorded

with recorded(snakemake) as job:
    pairs = join_blocks([Path(path) for path in snakemake.input.blocks])
    write_pairs(Path(snakemake.output.pairs), pairs)
    job.annotate(snakemake.output.pairs, {"train": len(pairs.train), "test": len(pairs.test)})
    job.log.info("%d training and %d test pairs", len(pairs.train), len(pairs.test))
