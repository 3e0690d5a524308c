"""Evaluate one trained model on all test pairs."""

import json
from pathlib import Path

from safetensors.torch import save_file

from vspair.config import Model
from vspair.data import read_pairs, scale_for
from vspair.devices import configure, device_name, lease
from vspair.evaluation import evaluate
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import ResidentPairs, generator_for, restored

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    settings = Model.model_validate(job.configuration[f"inpainting.models.{name}"])
    samples = job.configuration["inpainting.evaluation.samples"]
    batch_size = job.configuration["inpainting.evaluation.batch_size"]
    configure(device, snakemake.threads, job.configuration["precision"])

    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    test = ResidentPairs.of(pairs.test, scale, device)
    model = restored(name, settings, job.configuration["inpainting.image"], Path(snakemake.input.weights), device)

    result = evaluate(
        model,
        test.qoi,
        test.observation,
        test.lost,
        samples,
        batch_size,
        generator_for(device, job.seed, "evaluation"),
    )
    result.images.insert(0, "label", pairs.test.label)
    result.images.insert(0, "index", pairs.test.index)
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.moments) as temporary:
        save_file({name: value.contiguous() for name, value in result.moments.items()}, temporary)
    summary = {"latents": result.latents, "mse_to_unit": scale.mse_to_unit}
    write_text(snakemake.output.summary, json.dumps(summary, indent=1) + "\n")

    job.annotate(snakemake.output.images, {"device": device_name(device)})

    means = result.images.drop(columns=["index", "label"]).mean()
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in means.items()))
    if result.latents:
        job.log.info("share of latents: %s", ", ".join(f"{key} {value:.3f}" for key, value in result.latents.items()))
