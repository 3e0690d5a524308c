"""Fix the gates of a sparse method's posterior one by one, on the first test images of its problem."""

from vspair.devices import configure, device_name, lease
from vspair.evaluation.gates import fix_gates
from vspair.files import whole
from vspair.problems.setting import described_by, open_setting
from vspair.provenance import recorded
from vspair.training import generator_for

local, of = snakemake.config["local"], snakemake.wildcards

with recorded(snakemake) as job, lease(local["device"], local["jobs_per_gpu"]) as device:
    wanted = job.configuration[f"{of.problem}.evaluation.gates"]
    configure(device, snakemake.threads, job.configuration["precision"])
    setting = open_setting(of.problem, of.method, job.configuration, snakemake.input.pairs, device)
    model, test = setting.model(snakemake.input.weights), setting.pairs(setting.stored.test, wanted["images"])
    draws = generator_for(device, job.seed, "evaluation", 5)
    found = fix_gates(model.posterior(test.observation), test.qoi, wanted["top"], wanted["samples"], draws).frame()
    described = described_by(of.problem, setting.stored.test)
    for place, (column, values) in enumerate(described.items()):
        found.insert(place, column, values[: len(found)])
    with whole(snakemake.output.images) as temporary:
        found.to_csv(temporary, index_label="image", float_format="%.8g")
    promised = {"number": len(test), "key": f"{of.problem}.evaluation.gates.images"}
    job.annotate(snakemake.output.images, {"device": device_name(device), "images": promised})
    job.log.info("mean squared error %.4g, with all gates fixed %.4g", found["mse"].mean(), found["mse_fixed"].mean())
