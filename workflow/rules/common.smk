# The resolved configuration, and what every job is told about itself.

import re

from snakemake.exceptions import WorkflowError

from vspair.config import BASELINES, VARIABLE, parse_run, resolve, run_name
from vspair.data.slices import check_slices
from vspair.data.sources import FOLDERS, check_file, raw_files
from vspair.devices import require_gpus
from vspair.errors import VspairError
from vspair.provenance import fingerprint
from vspair.reporting.published import read_published

ROOT = Path(workflow.basedir).parent


def told(action, *arguments):
    """Run a check and turn what the user can mend into Snakemake's own kind of error, without a traceback."""
    try:
        return action(*arguments)
    except VspairError as error:
        raise WorkflowError(str(error)) from None


CONFIG = told(resolve, ROOT, config)
RESULTS = f"results/{CONFIG.preset}"
PUBLISHED = "config/published/vspair.yaml"
DATA = CONFIG.data_dir or "data"
GPU = 1 if CONFIG.device == "cuda" else 0
ENVIRONMENT = "../../envs/gpu.yaml" if GPU else "../../envs/cpu.yaml"

# Where a job runs changes no definition of a result, so it is handed over outside the parameters, which are triggers.
config["local"] = {
    "device": CONFIG.device,
    "jobs_per_gpu": CONFIG.jobs_per_gpu,
    "data_dir": DATA,
    "settings": {
        key: value
        for key, value in workflow.config_settings.overwrite_config.items()
        if key not in ("preset", "data_dir", "local")
    },
    "slices_needed": CONFIG.ct.needed(),
}


def require_enough_gpus():
    """Refuse to start jobs on this machine when it has fewer GPU places than were asked for."""
    if GPU and workflow.local_exec:
        limit = workflow.global_resources.get("gpu")
        told(require_gpus, (limit and limit.value) or 1, CONFIG.jobs_per_gpu)


def evidence(script, keys, entries=(), seed=None, stochastic=False):
    """What a job must know and its receipt must hold; as a parameter it reruns exactly what it makes stale.

    script: path of the rule's script. keys: dotted keys of the configuration that the job uses. entries: objects that
    the script loads by name. seed: of a stochastic job.
    """
    return {
        "script": script,
        "entries": list(entries),
        "fingerprint": told(fingerprint, ROOT, script, tuple(entries)),
        "configuration": told(CONFIG.select, keys),
        "seed": seed,
        "stochastic": stochastic,
        "preset": CONFIG.preset,
        "results": RESULTS,
    }


def sources(name):
    """Raw files of a data source: inputs that must be there if the user named a folder, else made by `download`."""
    paths = [f"{DATA}/{file}" for file in raw_files(name)]
    if CONFIG.data_dir:
        for path in paths:
            told(check_file, name, Path(path))
    return paths


def conditions(table):
    """Dotted keys that the comparison with a published table depends on."""
    return list(read_published(ROOT / PUBLISHED, table).conditions)


def slice_source(wildcards):
    """File or folder of the CT slices: what the user named, which must be there, or the list of what was fetched."""
    data, scan = CONFIG.ct.data, CONFIG.ct.scan
    if data.source == "phantoms":
        return []
    if data.source == "lodopab" and data.download:
        return rules.ct_download.output.listing
    path = f"{DATA}/{data.path}"
    sizes = scan.model_dump(include={"pixels", "angles", "bins"})
    told(lambda: check_slices(data.source, Path(path), **sizes))
    return path


def scan_keys(method):
    """Dotted keys that a job on one CT method uses whatever it does with it."""
    return [
        "ct.image",
        "ct.observation",
        "ct.scan",
        "ct.data.scale",
        f"ct.methods.{method}",
    ]


def scan_weights(wildcards):
    """What a CT method has learned or chosen from training pairs; nothing for filtered back-projection."""
    if not CONFIG.ct.methods[wildcards.method].learns:
        return []
    return expand(rules.ct_train.output.weights, **wildcards)[0]


def on_levels(method):
    """Whether a CT method, by its settings, is run on the data set of each noise level."""
    return method.trained_on == "levels"


def scan_runs(file, which=lambda method: True, seeds=None):
    """Files of the runs of CT methods and, in the same order, (method, noise, seed) of each.

    file: an output with the wildcards method, noise and seed. which: says of a method's settings whether its
    runs are wanted. seeds: only these. What does not depend on a seed is run with the first.
    """
    methods = CONFIG.ct.methods
    runs = [
        [name, noise, seed]
        for name, noise in CONFIG.ct.runs()
        for seed in (CONFIG.seeds if methods[name].seeded else CONFIG.seeds[:1])
        if which(methods[name]) and (seeds is None or seed in seeds)
    ]
    return [expand(file, method=m, noise=n, seed=s)[0] for m, n, s in runs], runs


def study_runs(name):
    """Files of a study's runs and, in the same order, (run, model, seed) of each."""
    study = CONFIG.inpainting.studies[name]
    runs = [[run, model, seed] for run, model in study.runs() for seed in study.seeds]
    names, models, seeds = zip(*runs)
    files = expand(
        rules.study.output.images,
        zip,
        study=[name] * len(runs),
        run=names,
        model=models,
        seed=seeds,
    )
    return files, runs


def swept(name, model, *axes):
    """The settings and the seed of each run of a study, in the order of its files.

    What is drawn over the study's axes expects this one model and these axes, all with values.
    """
    study = CONFIG.inpainting.studies[name]
    used = [key for key, values in study.axes.items() if values]
    if list(study.models) != [model] or used != list(axes):
        raise WorkflowError(
            f"studies.{name}: its table and figure need the model {model} and values on the axes {', '.join(axes)}, "
            f"found the models {', '.join(study.models)} and values on {', '.join(used) or 'no axis'}: change the "
            "configuration, or add a study of another name"
        )
    return [[parse_run(run), seed] for run, _, seed in study_runs(name)[1]]
