"""Prepare the pairs of quantity of interest and observation of one problem: split, observations, one file."""

from pathlib import Path

from vspair.data import write_pairs
from vspair.problems.registry import job_function
from vspair.provenance import recorded

with recorded(snakemake) as job:
    problem, data = snakemake.wildcards.problem, snakemake.wildcards.data
    values = {key.removeprefix(f"{problem}."): value for key, value in job.configuration.items()}
    folder = Path(snakemake.config["local"]["data_dir"])
    pairs = job_function(problem, "pairs")(values, data, folder, job.seed)
    write_pairs(Path(snakemake.output.pairs), pairs)
    job.log.info("%s: %s", data, job_function(problem, "described")(pairs))
