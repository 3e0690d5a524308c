"""Learn one method from the training pairs of one noise data set, with one seed."""

import json
from pathlib import Path

import pandas as pd
import torch

from vspair.config import Choices
from vspair.devices import configure, device_name, lease
from vspair.files import sha256, whole, write_text
from vspair.provenance import recorded
from vspair.training import Checkpoint, save_weights
from vspair.training.scans import learn, scan_setting

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    precision = job.configuration["precision"]
    configure(device, snakemake.threads, precision)
    weights = Path(snakemake.output.weights)
    checkpoint = Checkpoint(
        weights.with_name("checkpoint.safetensors"),
        {
            "fingerprint": snakemake.params.evidence["fingerprint"],
            "configuration": job.configuration,
            "seed": job.seed,
            "pairs": sha256(snakemake.input.pairs),
            "device": device,
            "threads": snakemake.threads,
            "torch": torch.__version__,
        },
    )
    setting = scan_setting(snakemake.wildcards.method, "ct", job.configuration, Path(snakemake.input.pairs), device)
    choices = Choices.model_validate(job.configuration["ct.choices"]) if setting.method.probabilistic else None
    model, history, cost = learn(setting, choices, job.seed, checkpoint, precision)
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    save_weights(weights, model)
    write_text(snakemake.output.cost, json.dumps(cost, indent=1) + "\n")
    job.annotate(weights, {"device": device_name(device)})

# Only now that the receipt is written: until then another try may need it.
checkpoint.remove()
