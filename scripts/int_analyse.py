"""Diversity of the subsets of a stack, and interventions on its trained networks; a file for each seed of the data."""

import json
import math
from pathlib import Path

from vspair.data.subsets import read_subsets
from vspair.devices import configure, lease
from vspair.files import write_text
from vspair.problems.interventions.jobs import analysed, of_runs
from vspair.problems.interventions.settings import Analysis, Network, Stack
from vspair.provenance import recorded
from vspair.training.stacked import restored_runs

local = snakemake.config["local"]


def without_nan(found):
    """JSON has no NaN: null stands for a number that is not there."""
    if isinstance(found, dict):
        return {key: without_nan(value) for key, value in found.items()}
    if isinstance(found, list):
        return [without_nan(value) for value in found]
    return found if math.isfinite(found) else None


with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    configure(device, snakemake.threads, job.configuration["precision"])
    stack, seeds = Stack.parse(snakemake.wildcards.stack), snakemake.params.seeds
    analysis = Analysis.model_validate(job.configuration["interventions.analysis"])
    sizes = Network.model_validate(job.configuration["interventions.network"])
    networks = restored_runs(of_runs(stack.model, sizes, len(seeds), job.seed), Path(snakemake.input.weights), device)
    found = analysed(networks, read_subsets(Path(snakemake.input.subsets)), stack.classes, analysis, device)
    for seed, result in zip(seeds, found, strict=True):
        path = getattr(snakemake.output, f"seed{seed}")
        write_text(path, json.dumps(without_nan(result), indent=1) + "\n")
    dims = [result["metrics"]["shared"]["squared"]["of_means"]["sig_dims"] for result in found]
    job.log.info("significant dimensions of each seed: %s", ", ".join(f"{value:g}" for value in dims))
