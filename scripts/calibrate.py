"""Calibration of one trained model's posterior samples on the test pairs, before and after a conformal scaling."""

import json
from pathlib import Path

from vspair.config import Calibration, Model
from vspair.data import read_pairs, scale_for
from vspair.devices import configure, device_name, lease
from vspair.evaluation import calibrate
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import ResidentPairs, generator_for, restored

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    settings = Model.model_validate(job.configuration[f"inpainting.models.{name}"])
    calibration = Calibration.model_validate(job.configuration["inpainting.evaluation.calibration"])
    configure(device, snakemake.threads, job.configuration["precision"])

    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    test = ResidentPairs.of(pairs.test, scale, device)
    model = restored(name, settings, job.configuration["inpainting.image"], Path(snakemake.input.weights), device)

    result = calibrate(
        model,
        test.qoi,
        test.observation,
        test.lost,
        samples=calibration.samples,
        levels=calibration.levels,
        share=calibration.share,
        scaling_level=calibration.scaling_level,
        batch_size=job.configuration["inpainting.evaluation.batch_size"],
        resolution=0.5 / scale.unit,
        generator=generator_for(device, job.seed, "evaluation", 1),
    )
    result.images.insert(0, "label", pairs.test.label)
    result.images.insert(0, "index", pairs.test.index)
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
