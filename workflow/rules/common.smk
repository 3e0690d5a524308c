# The resolved configuration, and the makers of rules: `stage`, `table` and `figure`.

import re
from functools import cache

from vspair.errors import VspairError
from vspair.models.kinds import model_path, settings_path
from vspair.problems.configuration import resolve
from vspair.problems.registry import folder, job_path, own_script
from vspair.problems.studies import parse_run, projected, run_name
from vspair.provenance.code import fingerprint, place
from vspair.provenance.receipt.folders import state_of_folder
from vspair.published import read_published


def remembered_fingerprint(script, entries):
    """Fingerprint of a script; of a run with nothing to do, working it out would be most of the time."""
    return fingerprint(ROOT, script, entries, remembered=True)


# Where `vspair forecast` wants the cost laws of the rules.
COSTS_FILE = config.pop("costs_file", None)
# Nothing runs, so that what is not here can be planned as if it came (`vspair forecast`, `vspair join`).
ONLY_PLANNED = bool(config.pop("only_planned", False))
CONFIG = told(resolve, ROOT, config)
SEEDS = CONFIG.seeds
RESULTS = f"results/{CONFIG.preset}"
DATA = CONFIG.data_dir or "data"
GPU = 1 if CONFIG.device == "cuda" else 0
ENVIRONMENT = str(ROOT / ("envs/gpu.yaml" if GPU else "envs/cpu.yaml"))

# Files of each section's targets, and the cost law of each rule, as the calls below say them.
TARGETS = {}
COSTS = {}
# Problem -> what is wrong with its settings beyond what they say of themselves.
FAULTS = {}
# Table or figure -> its section and the file with its caption, for the list of targets in the README.
SHOWN = {}
SECONDS = {"free": ["*"]}
# Settings that change no cost.
FREE = [
    "*.seed",
    "*.seeds",
    "seeds",
    "*.path",
    "*.learning_rate",
    "*.checkpoint_every",
    "*.weights.*",
    "*.alpha0",
    "*.beta0",
    "*.rho_start",
    "*.scaling_level",
    "*.functionals.*",
    "*.scan.photons",
    "*.noise.convention",
    "*.noise.levels",
    "*.noise.variable",
    "*.data.scale",
]

# Where a job runs changes no definition of a result, so it is handed over outside the parameters, which are triggers.
config["local"] = {
    "device": CONFIG.device,
    "jobs_per_gpu": CONFIG.jobs_per_gpu,
    "data_dir": DATA,
    "lock": CONFIG.lock,
    "root": str(ROOT),
    "folder": str(Path.cwd()),
    "settings": {
        key: value
        for key, value in workflow.config_settings.overwrite_config.items()
        if key not in ("preset", "data_dir", "local", "costs_file", "only_planned")
    },
}


def rules_file(name):
    """File with the rules of a problem; those of another package lie beside its module."""
    file = (folder(name) or ROOT / "workflow/rules") / f"{name}.smk"
    if not file.is_file():
        raise VspairError(
            f"expected the rules of the problem {name} at {file}, found no file: write it"
        )
    return file


def paper_of(section):
    """File with the published numbers that a problem is compared with, also where Snakemake works elsewhere."""
    name = f"config/published/{CONFIG.problems[section].published}.yaml"
    return name if Path.cwd().samefile(ROOT) else str(ROOT / name)


def require_lock():
    """Refuse a lock that is not there now, and not in the first job."""
    if not (ROOT / CONFIG.lock).is_file():
        raise VspairError(
            f"expected the environment's lock at {ROOT / CONFIG.lock}, found no file: name one with --config lock="
        )


told(require_lock)


def evidence(script, keys, entries=(), seed=None):
    """What a job must know and its receipt must hold; as a parameter it reruns exactly what it makes stale.

    script: path of the rule's script. keys: dotted keys of the configuration that the job uses. entries: objects that
    the script loads by name. seed: of a stochastic job.
    """
    return {
        "script": script,
        "entries": list(entries),
        "fingerprint": told(remembered_fingerprint, script, tuple(entries)),
        "configuration": told(CONFIG.select, keys),
        "seed": seed,
        "stochastic": seed is not None,
        "preset": CONFIG.preset,
        "results": RESULTS,
    }


@cache
def require_section(name):
    """Refuse what is wrong with a problem's settings together with its data; of no other problem than is asked for."""
    told(CONFIG.require_data, name)
    if name in FAULTS:
        end(FAULTS[name])


def for_each(value, wildcards):
    """A rule's argument for one job: functions are asked with its wildcards."""
    return value(wildcards) if callable(value) else value


def listed(inputs):
    """Folder -> the state of its files, of those inputs that are folders: Snakemake sees no file that comes or goes."""
    each = ([value] if isinstance(value, str) else value for value in inputs)
    return {
        path: told(state_of_folder, Path(path))
        for paths in each
        for path in paths
        if Path(path).is_dir()
    }


def stage(
    name,
    outputs,
    keys,
    inputs={},
    entries=(),
    seed=None,
    given={},
    made_by=None,
    covers=None,
    threads=1,
    gpu=0,
    mem=4000,
    minutes=30,
    local=False,
    cost=SECONDS,
):
    """One rule, whose log and timing lie under `logs` and `benchmarks` as its receipt does in the results.

    name: its name and, without `made_by`, its script's. outputs: by name, `receipt` among them. keys,
    entries, seed: as for `evidence`, or functions of the wildcards. given: further parameters. covers: the script whose
    code the job runs, where its own only starts it; likewise. local: whether it is
    done in seconds, and so where Snakemake runs. cost: its cost law (docs/configuration.md, "Costs").
    """
    path = made_by or f"scripts/{name}.py"
    COSTS[name] = cost
    stem = outputs["receipt"].removesuffix(".receipt.json")
    inside = stem.startswith(f"{RESULTS}/")
    inner = stem.removeprefix(f"{RESULTS}/")

    def told_of(wildcards):
        given = (
            for_each(value, wildcards)
            for value in (covers or path, keys, entries, seed)
        )
        folders = listed(for_each(value, wildcards) for value in inputs.values())
        return evidence(*given) | ({"folders": folders} if folders else {})

    def in_order(wildcards):
        # An input, because only these are asked for of every job before the first one runs.
        sections = {key.split(".")[0] for key in for_each(keys, wildcards)}
        for section in sorted(sections & CONFIG.problems.keys()):
            require_section(section)
        return []

    rule:
        name:
            name
        input:
            **inputs,
            settings=in_order,
        output:
            **outputs,
        log:
            f"{RESULTS}/logs/{inner}.log" if inside else f"{stem}.log",
        benchmark:
            f"{RESULTS}/benchmarks/{inner}.tsv" if inside else f"{stem}.tsv"
        localrule: local
        conda:
            ENVIRONMENT
        threads: threads
        resources:
            gpu=gpu,
            mem_mb=mem,
            runtime=minutes,
        params:
            **given,
            evidence=told_of,
        script:
            str(place(ROOT, path))


def caption_of(name, section):
    """File with the caption of a table or figure: written once, for the page of Snakemake and for the table."""
    own = folder(section) if section in CONFIG.problems else None
    file = (own or ROOT / "workflow/captions") / f"{name}.rst"
    return file if file.is_file() else None


def shown(
    name,
    section,
    kind,
    suffixes,
    inputs,
    keys,
    given,
    entries=(),
    needs=None,
    published=None,
    made_by=None,
):
    """The rule of a table or figure, and its place among the targets of its section."""
    stem, file = f"{RESULTS}/{kind}/{name}", caption_of(name, section)
    outputs = {suffix: f"{stem}.{suffix}" for suffix in suffixes}
    receipt = f"{stem}.receipt.json"
    SHOWN[name] = TITLES[section], file
    if needs:
        return refusing(name, needs)
    TARGETS.setdefault(section, []).extend([*outputs.values(), receipt])
    face = suffixes[0]
    outputs[face] = report(
        outputs[face],
        caption=file and str(file),
        category=TITLES[section],
        subcategory=kind.capitalize(),
    )
    own = own_script(section, f"{name}.py") if section in CONFIG.problems else None
    stage(
        name,
        {**outputs, "receipt": receipt},
        [*keys, *(conditions(section, published) if published else [])],
        {**inputs, **({"published": paper_of(section)} if published else {})},
        # What the script of another package imports from that package counts too.
        [*entries, *([own.split("/")[0]] if own else [])],
        given=given,
        made_by=made_by or own,
        local=True,
    )


def table(
    name,
    section,
    inputs,
    keys=(),
    given={},
    entries=(),
    needs=None,
    published=None,
    made_by=None,
):
    """One table, made by the script of its name or by another.

    section: problem that it belongs to. published: name of its published numbers, if there are some. needs: why it
    cannot be made from what was chosen, if so.
    """
    file = caption_of(name, section)
    caption = " ".join(file.read_text(encoding="utf-8").split()) if file else name
    suffixes = ("csv", "md", "tex")
    given = {**given, "caption": caption}
    more = (entries, needs, published, made_by)
    shown(name, section, "tables", suffixes, inputs, keys, given, *more)


def figure(name, section, inputs, keys=(), given={}, needs=None, made_by=None):
    """One figure, made by the script of its name or by another; arguments are those of `table`."""
    suffixes = ("png", "pdf", "csv")
    more = dict(needs=needs, made_by=made_by)
    shown(name, section, "figures", suffixes, inputs, keys, given, **more)


def refusing(name, needs):
    """A target that says why it cannot be made from what was chosen."""

    def refuse(wildcards):
        end(f"{name} {needs}")

    rule:
        name:
            name
        input:
            refuse,
        localrule: True


TITLES = {
    **{name: problem.title for name, problem in CONFIG.problems.items()},
    "theory": "Theory",
    "determinism": "Determinism",
}


def without(problem, *methods):
    """Why what shows these methods cannot be made, if one is left out of the comparison."""
    left = [name for name in methods if name not in CONFIG.problems[problem].compared]
    return (
        f"needs the method {left[0]}, which {problem}.compare leaves out"
        if left
        else None
    )


def conditions(section, table):
    """Dotted keys that the comparison with a published table depends on."""
    return list(told(read_published, ROOT / paper_of(section), table).conditions)


def labels(problem, names):
    """What a reader sees of each method."""
    return {name: CONFIG.problems[problem].label(name) for name in names}


def runs(problem, which=lambda method: True, data=None, seeds=None):
    """The runs of a problem's methods: those whose settings `which` wants, on these data sets, with these seeds."""
    settings = CONFIG.problems[problem]
    return [
        run
        for run in settings.runs(SEEDS)
        if which(settings.methods[run.method])
        and (data is None or run.data in data)
        and (seeds is None or run.seed in seeds)
    ]


def files(pattern, problem, runs):
    """The file of each run, in their order."""
    return [expand(pattern, problem=problem, **run._asdict())[0] for run in runs]
