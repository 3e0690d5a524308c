"""Draw the mixtures of every run, and the samples of them that it is trained on."""

from pathlib import Path

from vspair.problems.transport.draws import drawn, write_draws
from vspair.provenance import recorded

with recorded(snakemake) as job:
    values = {key.removeprefix("transport."): value for key, value in job.configuration.items()}
    tensors = drawn(values, snakemake.wildcards.draw)
    write_draws(Path(snakemake.output.mixtures), tensors)
    samples, runs = tensors["sphere.qoi"].shape[:2]
    job.log.info("%d samples of each distribution, of %d runs", samples, runs)
