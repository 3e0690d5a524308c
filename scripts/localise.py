"""For every test image the latent whose perturbation is most confined to the holes (Section 4.1, Table 5)."""

from pathlib import Path

from vspair.config import Localisation
from vspair.devices import configure, device_name, lease
from vspair.evaluation import localise
from vspair.files import whole
from vspair.provenance import recorded
from vspair.training import generator_for, trained

local = snakemake.config["local"]

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    name = snakemake.wildcards.model
    search = Localisation.model_validate(job.configuration["inpainting.evaluation.localisation"])
    configure(device, snakemake.threads, job.configuration["precision"])

    weights, pairs = Path(snakemake.input.weights), Path(snakemake.input.pairs)
    run = trained(name, "inpainting", job.configuration, weights, pairs, device, search.images)
    found = localise(
        run.model,
        run.test.observation,
        run.test.lost,
        search.levels,
        job.configuration["inpainting.evaluation.samples"],
        job.configuration["inpainting.evaluation.batch_size"],
        generator_for(device, job.seed, "evaluation", 2),
    )
    found.insert(0, "label", run.split.label[: len(found)])
    found.insert(0, "index", run.split.index[: len(found)])
    with whole(snakemake.output.images) as temporary:
        found.to_csv(temporary, index_label="image", float_format="%.8g")
    job.annotate(snakemake.output.images, {"device": device_name(device)})
    job.log.info(
        "%.1f of %.1f active latents are active in all samples; median highest ratio %.3g among them, %.3g among all",
        found["consistent"].mean(),
        found["active"].mean(),
        found["consistent_ratio"].median(),
        found["all_ratio"].median(),
    )
