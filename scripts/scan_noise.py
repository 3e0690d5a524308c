"""Add Gaussian noise of one level, or of a level drawn for each sample, to the observations."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from vspair.data import Pairs, read_pairs, write_pairs
from vspair.data.noise import add_noise
from vspair.files import require_space
from vspair.problems.tomography.scans import VARIABLE
from vspair.provenance import recorded

with recorded(snakemake) as job:
    name, convention = snakemake.wildcards.data, job.configuration["tomography.noise.convention"]
    level = job.configuration["tomography.noise.variable"] if name == VARIABLE else float(name.removeprefix("noise"))
    require_space(snakemake.output.pairs, Path(snakemake.input.pairs).stat().st_size, "lower the number of images")
    pairs = read_pairs(Path(snakemake.input.pairs))
    splits = []
    for split in (pairs.train, pairs.test):
        noisy, levels = add_noise(split.observation[:, 0], split.index, level, convention, job.seed)
        splits.append(replace(split, observation=noisy[:, None], level=np.asarray(levels, np.float32)))
    write_pairs(Path(snakemake.output.pairs), Pairs(*splits))
    job.annotate(snakemake.output.pairs, {"images": {"number": len(pairs.test)}})
    drawn = np.concatenate([split.level for split in splits])
    job.log.info("noise of %.3g to %.3g %% (%s)", drawn.min(), drawn.max(), convention)
