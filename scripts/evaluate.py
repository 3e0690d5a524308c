"""Evaluate one trained model on all test pairs."""

import json
from pathlib import Path

from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.evaluation import evaluate
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import generator_for, trained

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    samples = job.configuration["inpainting.evaluation.samples"]
    batch_size = job.configuration["inpainting.evaluation.batch_size"]
    configure(device, snakemake.threads, job.configuration["precision"])

    weights, pairs = Path(snakemake.input.weights), Path(snakemake.input.pairs)
    run = trained(name, "inpainting", job.configuration, weights, pairs, device)

    result = evaluate(
        run.model,
        run.test.qoi,
        run.test.observation,
        run.test.lost,
        samples,
        batch_size,
        generator_for(device, job.seed, "evaluation"),
    )
    result.images.insert(0, "label", run.split.label)
    result.images.insert(0, "index", run.split.index)
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.moments) as temporary:
        save_file({name: value.contiguous() for name, value in result.moments.items()}, temporary)
    summary = {"latents": result.latents, "mse_to_unit": run.scale.mse_to_unit}
    write_text(snakemake.output.summary, json.dumps(summary, indent=1) + "\n")

    job.annotate(snakemake.output.images, {"device": device_name(device)})

    means = result.images.drop(columns=["index", "label"]).mean()
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in means.items()))
    if result.latents:
        job.log.info("share of latents: %s", ", ".join(f"{key} {value:.3f}" for key, value in result.latents.items()))
