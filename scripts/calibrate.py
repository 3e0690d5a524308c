"""Calibration of one method's posterior samples on the test pairs, and whether they are the posterior's at all."""

import json

import numpy as np

from vspair.config import Calibration, merge
from vspair.devices import configure, device_name, lease
from vspair.evaluation import CANDIDATES, PosteriorChecks, calibrate, nearest, parts_of, sampling_cost
from vspair.files import whole, write_text
from vspair.problems.registry import job_function
from vspair.problems.setting import described_by, open_setting
from vspair.provenance import recorded
from vspair.training import generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    calibration = Calibration.model_validate(job.configuration[f"{of.problem}.evaluation.calibration"])
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    model = setting.model(snakemake.input.weights)
    test, described = setting.pairs(setting.stored.test), described_by(of.problem, setting.stored.test)
    groups = job_function(of.problem, "groups")(setting.stored.test)
    resolution = job_function(of.problem, "resolution")(setting.values, setting.scale)
    # Not of the run's seed: every method and seed is calibrated, tested and reported on the same images.
    drawn = np.random.default_rng(calibration.seed)
    parts = parts_of(next(iter(groups.values()), None), len(test), calibration.share, calibration.unit, drawn)
    train = setting.pairs(setting.stored.train, CANDIDATES)
    compare = job_function(of.problem, "misfit")
    checks = PosteriorChecks(
        test.qoi,
        test.lost,
        train.qoi[nearest(test.observation, train.observation)],
        calibration.functionals,
        compare and compare(setting, setting.stored.test),
        resolution,
        drawn,
    )
    result = calibrate(
        model,
        test.qoi,
        test.observation,
        test.lost,
        parts=parts,
        samples=calibration.samples,
        levels=calibration.levels,
        scaling_level=calibration.scaling_level,
        delta=calibration.delta,
        batch_size=job.configuration[f"{of.problem}.evaluation.batch_size"],
        resolution=resolution,
        generator=generator_for(device, job.seed, "evaluation", 1),
        beside=checks.take,
    )
    checked = checks.found(parts, calibration.levels, calibration.delta)
    images, summary = result.images.join(checked.images), merge(result.summary, checked.summary)
    summary |= sampling_cost(model, test.observation, generator_for(device, job.seed, "evaluation", 4))
    for place, (column, values) in enumerate(described.items()):
        images.insert(place, column, values)
    with whole(snakemake.output.images) as temporary:
        images.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.curves) as temporary:
        result.curves.to_csv(temporary, index=False, float_format="%.8g")
    with whole(snakemake.output.posterior) as temporary:
        checked.curves.to_csv(temporary, index=False, float_format="%.8g")
    write_text(snakemake.output.summary, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    promised = {"number": len(test), "key": f"{of.problem}.data.test"}
    job.annotate(snakemake.output.images, {"device": device_name(device), "images": promised})
    for part in ("raw", "scaled", "assured", "posterior"):
        values = ", ".join(f"{key} {value:.4g}" for key, value in summary[part].items() if value is not None)
        job.log.info("%s: %s", part, values)
