"""For every test image the latent whose perturbation is most confined to the holes (Section 4.1, Table 5)."""

from vspair.devices import configure, device_name, lease
from vspair.evaluation import localise
from vspair.files import whole
from vspair.problems.inpainting.settings import Localisation
from vspair.problems.setting import described_by, open_setting
from vspair.provenance import recorded
from vspair.training import generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    search = Localisation.model_validate(job.configuration[f"{of.problem}.evaluation.localisation"])
    configure(device, snakemake.threads, job.configuration["precision"])

    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    model, test = setting.model(snakemake.input.weights), setting.pairs(setting.stored.test, search.images)
    found = localise(
        model,
        test.observation,
        test.lost,
        search.levels,
        job.configuration[f"{of.problem}.evaluation.samples"],
        job.configuration[f"{of.problem}.evaluation.batch_size"],
        generator_for(device, job.seed, "evaluation", 2),
    )
    for place, (column, values) in enumerate(described_by(of.problem, setting.stored.test).items()):
        found.insert(place, column, values[: len(found)])
    with whole(snakemake.output.images) as temporary:
        found.to_csv(temporary, index_label="image", float_format="%.8g")
    promised = {"number": len(test), "key": f"{of.problem}.evaluation.localisation.images"}
    job.annotate(snakemake.output.images, {"device": device_name(device), "images": promised})
    job.log.info(
        "%.1f of %.1f active latents are active in all samples; median highest ratio %.3g among them, %.3g among all",
        found["consistent"].mean(),
        found["active"].mean(),
        found["consistent_ratio"].median(),
        found["all_ratio"].median(),
    )
