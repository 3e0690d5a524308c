"""Evaluate one method on the test pairs of one noise data set."""

import json
from pathlib import Path

from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.evaluation import evaluate, inference_seconds, quality
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import generator_for
from vspair.training.scans import scan_setting

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    batch_size = job.configuration["ct.evaluation.batch_size"]
    # Without a posterior there is nothing to draw.
    samples = job.configuration.get("ct.evaluation.samples", 0)
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = scan_setting(snakemake.wildcards.method, "ct", job.configuration, Path(snakemake.input.pairs), device)
    weights = snakemake.input.weights
    model, split = setting.model(Path(weights) if weights else None), setting.stored.test
    test = setting.pairs(split)
    result = evaluate(
        model,
        test.qoi,
        test.observation,
        None,
        samples,
        batch_size,
        generator_for(device, job.seed, "evaluation"),
        quality,
    )
    seconds = inference_seconds(model, test.observation[:batch_size], generator_for(device, job.seed, "evaluation", 1))
    for name in ("level", "label", "index"):
        result.images.insert(0, {"label": "patient"}.get(name, name), getattr(split, name))
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.moments) as temporary:
        save_file({name: value.contiguous() for name, value in result.moments.items()}, temporary)
    summary = {
        "latents": result.latents,
        "inference_seconds": seconds,
        "inference_batch": min(batch_size, len(test)),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "train": len(setting.stored.train),
        "test": len(test),
    }
    write_text(snakemake.output.summary, json.dumps(summary, indent=1) + "\n")
    job.annotate(snakemake.output.images, {"device": device_name(device)})
    means = result.images.drop(columns=["index", "patient", "level"]).mean()
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in means.items()))
