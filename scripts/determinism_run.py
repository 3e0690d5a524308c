"""Train one method for a few steps, uninterrupted or killed and resumed, for the determinism check."""

import json
from pathlib import Path

import pandas as pd
import torch

from vspair.devices import device_name, lease
from vspair.files import whole, write_text
from vspair.problems.trials import Trial, run_trial
from vspair.provenance import recorded
from vspair.training import save_weights

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    weights = Path(snakemake.output.weights)
    trial = Trial(
        problem=snakemake.wildcards.problem,
        name=snakemake.wildcards.method,
        configuration=job.configuration,
        seed=job.seed,
        pairs=str(snakemake.input.pairs),
        checkpoint=str(weights.with_name("checkpoint.safetensors")),
        device=device,
        threads=snakemake.threads,
    )
    outcome = run_trial(trial, interrupted=snakemake.wildcards.trial == "resumed")
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(outcome.history).to_csv(temporary, index=False)
    save_weights(weights, outcome.model)
    facts = {
        "device": device_name(device),
        "threads": snakemake.threads,
        "precision": job.configuration["precision"],
        "torch": torch.__version__,
        "epochs": len(outcome.history),
        "pairs": outcome.pairs,
        "continued_after": outcome.continued_after,
    }
    write_text(snakemake.output.facts, json.dumps(facts, indent=1) + "\n")
    job.annotate(weights, {"device": facts["device"], "continued_after": outcome.continued_after})
