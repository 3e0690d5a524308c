"""One training of a study, evaluated at once: the problem's settings with the study's and the run's on top."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from vspair.devices import configure, device_name, lease
from vspair.evaluation import UNDEFINED, evaluate, scores
from vspair.files import whole
from vspair.metrics import require_measured
from vspair.models.kinds import settings_of
from vspair.problems.learning import learn
from vspair.problems.registry import job_function
from vspair.problems.setting import open_setting
from vspair.problems.studies import parse_run, varied
from vspair.provenance import recorded
from vspair.training import Checkpoint, Execution, generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    study = {key: job.configuration[f"{of.problem}.studies.{of.study}.{key}"] for key in ("base", "train", "test")}
    execution = Execution.of(job.configuration, device)
    configure(device, snakemake.threads, execution.precision)
    own = {key.removeprefix(f"{of.problem}."): value for key, value in job.configuration.items()}
    method = settings_of(own[f"methods.{of.method}"])
    own = varied(own, of.method, method, study["base"], parse_run(of.run))
    values = {f"{of.problem}.{key}": value for key, value in own.items()}
    setting = open_setting(of.problem, of.method, values, snakemake.input.pairs, device)
    images = Path(snakemake.output.images)
    checkpoint = Checkpoint.beside(
        images,
        snakemake.params.evidence["fingerprint"],
        {**values, "execution": asdict(execution)},
        job.seed,
        Path(snakemake.input.pairs),
        f"{device}, {snakemake.threads} threads",
    )
    model, history, _ = learn(setting, job.seed, checkpoint, execution, limit=study["train"])
    test, quality = setting.pairs(setting.stored.test, study["test"]), job_function(of.problem, "quality")
    result = evaluate(
        model,
        test.qoi,
        test.observation,
        test.lost,
        own["evaluation.samples"],
        own["evaluation.batch_size"],
        generator_for(device, job.seed, "evaluation"),
        quality,
    )
    measures = result.images
    if setting.method.probabilistic:
        found = scores(
            model,
            test.qoi,
            test.observation,
            own["evaluation.samples"],
            own["evaluation.batch_size"],
            job_function(of.problem, "resolution")(setting.values, setting.scale),
            generator_for(device, job.seed, "evaluation", 1),
        )
        measures = measures.join(found)
    require_measured(measures, UNDEFINED)
    with whole(images) as temporary:
        measures.to_csv(temporary, index_label="image", float_format="%.8g")
    with whole(snakemake.output.history) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False)
    promised = {"number": len(test), "key": f"{of.problem}.studies.{of.study}.test"}
    job.annotate(images, {"device": device_name(device), "execution": asdict(execution), "images": promised})
    job.log.info(", ".join(f"{column} {value:.4g}" for column, value in measures.mean().items()))

checkpoint.remove()
