"""Calibration of one method's posterior samples on the test scans, before and after a conformal scaling."""

import json
from pathlib import Path

from vspair.config import Calibration
from vspair.data.hounsfield import HALF_STEP
from vspair.devices import configure, device_name, lease
from vspair.evaluation import calibrate
from vspair.files import whole, write_text
from vspair.provenance import recorded
from vspair.training import generator_for
from vspair.training.scans import scan_setting

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    calibration = Calibration.model_validate(job.configuration["ct.evaluation.calibration"])
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = scan_setting(snakemake.wildcards.method, "ct", job.configuration, Path(snakemake.input.pairs), device)
    split = setting.stored.test
    test = setting.pairs(split)
    result = calibrate(
        setting.model(Path(snakemake.input.weights)),
        test.qoi,
        test.observation,
        None,
        samples=calibration.samples,
        levels=calibration.levels,
        share=calibration.share,
        scaling_level=calibration.scaling_level,
        batch_size=job.configuration["ct.evaluation.batch_size"],
        resolution=HALF_STEP,
        generator=generator_for(device, job.seed, "evaluation", 2),
    )
    result.images.insert(0, "patient", split.label)
    result.images.insert(0, "index", split.index)
    with whole(snakemake.output.images) as temporary:
        result.images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.curves) as temporary:
        result.curves.to_csv(temporary, index=False, float_format="%.8g")
    write_text(snakemake.output.summary, json.dumps(result.summary, indent=1, allow_nan=False) + "\n")
    job.annotate(snakemake.output.images, {"device": device_name(device)})
    for part in ("raw", "scaled"):
        values = ", ".join(f"{key} {value:.4g}" for key, value in result.summary[part].items() if value is not None)
        job.log.info("%s: %s", part, values)
