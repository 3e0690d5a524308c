"""Train several runs of one small network of a problem as one."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from vspair.devices import configure, device_name, lease
from vspair.files import whole, write_text
from vspair.problems.registry import job_function
from vspair.provenance import recorded
from vspair.training import Checkpoint, Execution, save_weights
from vspair.training.stacked import train_runs

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    execution = Execution.of(job.configuration, device)
    configure(device, snakemake.threads, execution.precision)
    weights = Path(snakemake.output.weights)
    source = Path(snakemake.input.data)
    checkpoint = Checkpoint.beside(
        weights,
        snakemake.params.evidence["fingerprint"],
        job.configuration,
        job.seed,
        source,
        f"{device}, {snakemake.threads} threads",
    )
    values = {key.removeprefix(f"{of.problem}."): value for key, value in job.configuration.items()}
    runs = job_function(of.problem, "stack")(values, of.stack, source)
    stack, history, cost = train_runs(runs, device, checkpoint, execution)
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    save_weights(weights, stack)
    write_text(
        snakemake.output.cost, json.dumps(cost.told(runs.training.epochs) | {"runs": stack.runs}, indent=1) + "\n"
    )
    job.annotate(weights, {"device": device_name(device), "execution": asdict(execution)})

# Only now that the receipt is written: until then another try may need it.
checkpoint.remove()
