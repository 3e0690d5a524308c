"""One training of a study, evaluated at once: the problem's settings with the study's and the run's on top."""

from pathlib import Path

import pandas as pd
import torch

from vspair.config import Choices, Model, Training, parse_run, with_settings
from vspair.config.studies import concerns
from vspair.data import read_pairs, scale_for
from vspair.devices import configure, device_name, lease
from vspair.evaluation import evaluate
from vspair.files import sha256, whole
from vspair.provenance import recorded
from vspair.training import Checkpoint, ResidentPairs, generator_for, train_model

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    evidence = snakemake.params.evidence
    name, study = snakemake.wildcards.model, f"inpainting.studies.{snakemake.wildcards.study}"
    configure(device, snakemake.threads, job.configuration["precision"])
    base = {key: value for key, value in job.configuration[f"{study}.base"].items() if concerns(key, name)}
    problem = with_settings(
        {
            "data": {"scale": job.configuration["inpainting.data.scale"]},
            "models": {name: job.configuration[f"inpainting.models.{name}"]},
            "choices": job.configuration["inpainting.choices"],
            "training": job.configuration["inpainting.training"],
        },
        base,
        parse_run(snakemake.wildcards.run),
    )
    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(problem["data"]["scale"], pairs.train.qoi)
    train, test = (
        ResidentPairs.of(split, scale, device, job.configuration[f"{study}.{part}"])
        for part, split in (("train", pairs.train), ("test", pairs.test))
    )
    images = Path(snakemake.output.images)
    checkpoint = Checkpoint(
        images.with_name("checkpoint.safetensors"),
        {
            "fingerprint": evidence["fingerprint"],
            "settings": problem,
            "image": job.configuration["inpainting.image"],
            "precision": job.configuration["precision"],
            "train": len(train),
            "seed": job.seed,
            "pairs": sha256(snakemake.input.pairs),
            "device": device,
            "threads": snakemake.threads,
            "torch": torch.__version__,
        },
    )
    model, history = train_model(
        name,
        Model.model_validate(problem["models"][name]),
        {"image": job.configuration["inpainting.image"]},
        train,
        Training.model_validate(problem["training"]),
        Choices.model_validate(problem["choices"]),
        job.seed,
        checkpoint,
        precision=job.configuration["precision"],
    )
    result = evaluate(
        model,
        test.qoi,
        test.observation,
        test.lost,
        job.configuration["inpainting.evaluation.samples"],
        job.configuration["inpainting.evaluation.batch_size"],
        generator_for(device, job.seed, "evaluation"),
    )
    with whole(images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    job.annotate(images, {"device": device_name(device), "mse_to_unit": scale.mse_to_unit})
    means = result.images.mean()
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in means.items()))

checkpoint.remove()
