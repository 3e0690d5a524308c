"""What the figures of a problem show of one method's latents."""

from pathlib import Path

from safetensors.torch import save_file

from vspair.devices import configure, device_name, lease
from vspair.files import whole
from vspair.problems.registry import job_function
from vspair.problems.setting import open_setting
from vspair.provenance import recorded
from vspair.training import generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    configure(device, snakemake.threads, job.configuration["precision"])
    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    generator = generator_for(device, job.seed, "evaluation", 3)
    model = setting.model(snakemake.input.weights)
    files = {Path(file).stem: file for file in snakemake.input.files}
    looked, sentence = job_function(of.problem, "inspect")(setting, model, files, generator)
    with whole(snakemake.output.latents) as temporary:
        save_file({key: value.cpu().contiguous() for key, value in looked.items()}, temporary)
    job.annotate(snakemake.output.latents, {"device": device_name(device)})
    job.log.info(sentence)
