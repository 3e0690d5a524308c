"""Calibration of one trained model's posterior samples on the test pairs, before and after a conformal scaling."""

import json
from pathlib import Path

from vspair.config import Calibration
from vspair.devices import configure, device_name, lease
from vspair.evaluation import calibrate
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import generator_for, trained

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    calibration = Calibration.model_validate(job.configuration["inpainting.evaluation.calibration"])
    configure(device, snakemake.threads, job.configuration["precision"])

    weights, pairs = Path(snakemake.input.weights), Path(snakemake.input.pairs)
    run = trained(name, "inpainting", job.configuration, weights, pairs, device)

    result = calibrate(
        run.model,
        run.test.qoi,
        run.test.observation,
        run.test.lost,
        samples=calibration.samples,
        levels=calibration.levels,
        share=calibration.share,
        scaling_level=calibration.scaling_level,
        batch_size=job.configuration["inpainting.evaluation.batch_size"],
        resolution=0.5 / run.scale.unit,
        generator=generator_for(device, job.seed, "evaluation", 1),
    )
    result.images.insert(0, "label", run.split.label)
    result.images.insert(0, "index", run.split.index)
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.curves) as temporary:
        result.curves.to_csv(temporary, index=False, float_format="%.8g")
    write_text(snakemake.output.summary, json.dumps(result.summary, indent=1, allow_nan=False) + "\n")

    job.annotate(snakemake.output.images, {"device": device_name(device)})

    for part in ("raw", "scaled"):
        values = ", ".join(f"{key} {value:.4g}" for key, value in result.summary[part].items() if value is not None)
        job.log.info("%s: %s", part, values)
    job.log.info("factors: %s", ", ".join(f"{key} {value:.4g}" for key, value in result.summary["factors"].items()))
