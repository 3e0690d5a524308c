"""Learn one method of one problem from the training pairs of one data set, with one seed."""

import json
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from vspair.devices import configure, device_name, lease
from vspair.files import whole, write_text
from vspair.problems.learning import learn
from vspair.problems.setting import open_setting
from vspair.provenance import recorded
from vspair.training import Checkpoint, Execution, save_weights

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    execution = Execution.of(job.configuration, device)
    configure(device, snakemake.threads, execution.precision)
    weights = Path(snakemake.output.weights)
    source = Path(snakemake.input.pairs)
    checkpoint = Checkpoint.beside(
        weights,
        snakemake.params.evidence["fingerprint"],
        job.configuration,
        job.seed,
        source,
        f"{device}, {snakemake.threads} threads",
    )
    setting = open_setting(of.problem, of.method, job.configuration, source, device)
    model, history, cost = learn(setting, job.seed, checkpoint, execution)
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    save_weights(weights, model)
    write_text(snakemake.output.cost, json.dumps(cost, indent=1) + "\n")
    job.annotate(weights, {"device": device_name(device), "execution": asdict(execution)})

# Only now that the receipt is written: until then another try may need it.
checkpoint.remove()
