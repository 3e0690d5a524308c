"""Evaluate one method of one problem on the test pairs of one data set."""

import json

from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.evaluation import UNDEFINED, evaluate, inference_seconds
from vspair.files import whole, write_text
from vspair.metrics import require_measured
from vspair.problems.registry import job_function
from vspair.problems.setting import described_by, open_setting
from vspair.provenance import recorded
from vspair.training import generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    batch_size = job.configuration[f"{of.problem}.evaluation.batch_size"]
    # Without a posterior there is nothing to draw.
    samples = job.configuration.get(f"{of.problem}.evaluation.samples", 0)
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    model, test = setting.model(snakemake.input.weights), setting.pairs(setting.stored.test)
    draws, quality = generator_for(device, job.seed, "evaluation"), job_function(of.problem, "quality")
    result = evaluate(model, test.qoi, test.observation, test.lost, samples, batch_size, draws, quality)
    seconds = inference_seconds(model, test.observation[:batch_size], generator_for(device, job.seed, "evaluation", 4))
    require_measured(result.images, UNDEFINED)
    means = result.images.mean()
    for place, (column, values) in enumerate(described_by(of.problem, setting.stored.test).items()):
        result.images.insert(place, column, values)
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.moments) as temporary:
        save_file({key: value.contiguous() for key, value in result.moments.items()}, temporary)
    summary = job_function(of.problem, "summary")(setting, result) | {
        "measures": list(means.index),
        "images": len(test),
        "inference_seconds": seconds,
        "inference_batch": min(batch_size, len(test)),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    write_text(snakemake.output.summary, json.dumps(summary, indent=1) + "\n")
    promised = {"number": len(test), "key": f"{of.problem}.data.test"}
    job.annotate(snakemake.output.images, {"device": device_name(device), "images": promised})
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in means.items()))
    if result.latents:
        job.log.info("share of latents: %s", ", ".join(f"{key} {value:.3f}" for key, value in result.latents.items()))
