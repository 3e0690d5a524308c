"""What Figures 4 to 6 show of one model: codes of chosen test images, and reconstructions with one latent moved."""

from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save_file

from vspair.config import Localisation
from vspair.devices import configure, device_name, lease
from vspair.evaluation import NO_LATENT, inspect_codes, inspect_localised, nearest_to_percentiles
from vspair.files import whole
from vspair.provenance import recorded
from vspair.training import generator_for, trained

SENSITIVE = 3
"""Latents that Figure 5 shows."""

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    figures = {key: job.configuration[f"inpainting.figures.{key}"] for key in ("examples", "levels", "localised")}
    search = Localisation.model_validate(job.configuration["inpainting.evaluation.localisation"])
    samples = job.configuration["inpainting.evaluation.samples"]
    configure(device, snakemake.threads, job.configuration["precision"])

    weights, pairs = Path(snakemake.input.weights), Path(snakemake.input.pairs)
    run = trained(name, "inpainting", job.configuration, weights, pairs, device)
    generator = generator_for(device, job.seed, "evaluation", 3)

    examples = torch.tensor(figures["examples"])
    posterior = run.model.posterior(run.test.observation[examples.to(device)])
    looked = inspect_codes(posterior, 0, search.levels, figures["levels"], samples, SENSITIVE, generator)

    localised = pd.read_csv(snakemake.input.localisation)
    chosen = nearest_to_percentiles(localised["all_ratio"], figures["localised"])
    latents = localised["all_latent"][chosen].fillna(NO_LATENT).astype(int).tolist()
    posterior = run.model.posterior(run.test.observation[torch.tensor(chosen, device=device)])
    looked |= inspect_localised(posterior, latents, figures["levels"], samples, generator)
    looked |= {
        "images": examples,
        "levels": torch.tensor(figures["levels"]),
        "localised": torch.tensor(chosen),
        "localised_latent": torch.tensor(latents),
        "localised_ratio": torch.tensor(localised["all_ratio"][chosen].to_numpy()),
    }
    with whole(snakemake.output.latents) as temporary:
        save_file({key: value.cpu().contiguous() for key, value in looked.items()}, temporary)
    job.annotate(snakemake.output.latents, {"device": device_name(device)})
    job.log.info("most sensitive latents of test image %d: %s", examples[0], looked["sensitive"].tolist())
    job.log.info("most localised latents of test images %s: %s", chosen, latents)
