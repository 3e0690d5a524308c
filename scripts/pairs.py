"""Prepare the pairs of quantity of interest and observation of one problem: split, observations, one file."""

from pathlib import Path

from vspair.data import write_pairs
from vspair.errors import VspairError
from vspair.problems.registry import job_function
from vspair.provenance import recorded

with recorded(snakemake) as job:
    problem, data = snakemake.wildcards.problem, snakemake.wildcards.data
    values = {key.removeprefix(f"{problem}."): value for key, value in job.configuration.items()}
    folder = Path(snakemake.config["local"]["data_dir"])
    pairs = job_function(problem, "pairs")(values, data, folder, job.seed)
    made = [list(part.shape[1:]) for part in (pairs.train.qoi, pairs.train.observation)]
    if made != snakemake.params.shapes:
        raise VspairError(
            f"expected pairs of the shapes {snakemake.params.shapes} that shapes() of {problem} says, found {made}: "
            "mend the one or the other"
        )
    write_pairs(Path(snakemake.output.pairs), pairs)
    job.annotate(snakemake.output.pairs, {"images": {"number": len(pairs.test)}})
    job.log.info("%s: %s", data, job_function(problem, "described")(pairs))
