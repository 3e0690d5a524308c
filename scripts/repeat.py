"""What one method's posterior says of test images that are observed again and again."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.evaluation.repeated import repeat
from vspair.files import whole, write_text
from vspair.problems.registry import job_function
from vspair.problems.setting import open_setting
from vspair.provenance import recorded
from vspair.training import derive, generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    prefix = f"{of.problem}.evaluation"
    images, draws, samples, level = (
        job.configuration[f"{prefix}.repeated.{key}"] for key in ("images", "draws", "samples", "level")
    )
    configure(device, snakemake.threads, job.configuration["precision"])
    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    model, files = setting.model(snakemake.input.weights), {Path(file).stem: file for file in snakemake.input.files}
    parts, numbers = [], {}
    for image in images:
        # Of the seed and the image alone: all methods are asked about the same observations.
        fresh = np.random.default_rng(derive(job.seed, "evaluation", 6, image))
        again = setting.pairs(job_function(of.problem, "observed_again")(setting, image, draws, files, fresh))
        result = repeat(
            model,
            again.qoi[0],
            again.observation,
            again.lost,
            samples=samples,
            level=level,
            batch_size=job.configuration[f"{prefix}.batch_size"],
            resolution=job_function(of.problem, "resolution")(setting.values, setting.scale),
            generator=generator_for(device, job.seed, "evaluation", 7, image),
        )
        parts.append({"qoi": again.qoi[0].cpu(), **result.maps()})
        numbers[str(image)] = result.numbers()
        job.log.info("image %d: %s", image, ", ".join(f"{k} {v:.4g}" for k, v in numbers[str(image)].items() if v))
    with whole(snakemake.output.maps) as temporary:
        save_file({name: torch.stack([part[name] for part in parts]).float() for name in parts[0]}, temporary)
    summary = {"draws": draws, "samples": samples, "level": level, "images": numbers}
    write_text(snakemake.output.summary, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    job.annotate(snakemake.output.summary, {"device": device_name(device)})
