"""What Figure 11 shows: reconstructions along the likely latents of highest and of lowest variance."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.evaluation import inspect_variances
from vspair.files import whole
from vspair.provenance import recorded
from vspair.training.scans import scan_setting

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    shown = {key: job.configuration[f"ct.figures.{key}"] for key in ("perturbed", "steps", "unit", "gate", "top")}
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = scan_setting(snakemake.wildcards.method, "ct", job.configuration, Path(snakemake.input.pairs), device)
    model = setting.model(Path(snakemake.input.weights))
    observation = setting.pairs(setting.stored.test).observation[torch.tensor(shown["perturbed"], device=device)]
    looked = inspect_variances(
        model.posterior(observation),
        range(len(observation)),
        shown["steps"],
        threshold=shown["gate"],
        top=shown["top"],
        unit=shown["unit"],
    )
    looked |= {"images": torch.tensor(shown["perturbed"]), "steps": torch.tensor(shown["steps"])}
    with whole(snakemake.output.latents) as temporary:
        save_file({key: value.cpu().contiguous() for key, value in looked.items()}, temporary)
    job.annotate(snakemake.output.latents, {"device": device_name(device)})
    job.log.info("latents of highest and lowest variance: %s", looked["varied_latents"].tolist())
