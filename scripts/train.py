"""Train one model with one seed, continuing from its checkpoint if there is one."""

from pathlib import Path

import pandas as pd
import torch

from vspair.config import Choices, Model, Training
from vspair.data import read_pairs, scale_for
from vspair.devices import configure, device_name, lease
from vspair.files import sha256, whole
from vspair.provenance import recorded
from vspair.training import Checkpoint, ResidentPairs, save_weights, train_model

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    evidence = snakemake.params.evidence
    name = snakemake.wildcards.model
    settings = Model.model_validate(job.configuration[f"inpainting.models.{name}"])
    configure(device, snakemake.threads, job.configuration["precision"])

    train = read_pairs(Path(snakemake.input.pairs)).train
    scale = scale_for(job.configuration["inpainting.data.scale"], train.qoi)

    weights = Path(snakemake.output.weights)
    checkpoint = Checkpoint(
        weights.with_name("checkpoint.safetensors"),
        {
            "fingerprint": evidence["fingerprint"],
            "configuration": job.configuration,
            "seed": job.seed,
            "pairs": sha256(snakemake.input.pairs),
            "device": device,
            "threads": snakemake.threads,
            "torch": torch.__version__,
        },
    )
    model, history = train_model(
        name,
        settings,
        {"image": job.configuration["inpainting.image"]},
        ResidentPairs.of(train, scale, device),
        Training.model_validate(job.configuration["inpainting.training"]),
        Choices.model_validate(job.configuration["inpainting.choices"]),
        job.seed,
        checkpoint,
        precision=job.configuration["precision"],
    )
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    save_weights(weights, model)
    job.annotate(weights, {"device": device_name(device)})

# Only now that the receipt is written: until then another try may need it.
checkpoint.remove()
