# The resolved configuration, and the makers of rules: `stage`, `table` and `figure`.

import re
from functools import cache

from snakemake.logging import logger

from vspair import printable
from vspair.devices import require_gpus
from vspair.errors import VspairError
from vspair.files import require_writable
from vspair.models.kinds import model_path, settings_path
from vspair.problems.configuration import resolve
from vspair.problems.needs import require_room
from vspair.problems.registry import folder, job_path, own_script
from vspair.problems.studies import parse_run, projected, run_name
from vspair.provenance.code import fingerprint, place
from vspair.provenance.receipt.folders import state_of_folder
from vspair.provenance.receipt.worktree import warning
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
# A file of the project, also where Snakemake works in another folder.
PUBLISHED = "config/published/vspair.yaml"
PUBLISHED = PUBLISHED if Path.cwd().samefile(ROOT) else str(ROOT / PUBLISHED)
DATA = CONFIG.data_dir or "data"
GPU = 1 if CONFIG.device == "cuda" else 0
ENVIRONMENT = str(ROOT / ("envs/gpu.yaml" if GPU else "envs/cpu.yaml"))

# Files of each section's targets, and the cost law of each rule, as the calls below say them.
TARGETS = {}
COSTS = {}
# Problem -> what is wrong with its settings beyond what they say of themselves.
FAULTS = {}
# Raw files that were found to be in order.
LOOKED_AT = set()
# Problem -> the rule that fetches what it lacks in the project's own data folder.
FETCHED_BY = {}
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


def require_lock():
    """Refuse a lock that is not there now, and not in the first job."""
    if not (ROOT / CONFIG.lock).is_file():
        raise VspairError(
            f"expected the environment's lock at {ROOT / CONFIG.lock}, found no file: name one with --config lock="
        )


told(require_lock)


def require_enough_gpus():
    """Refuse to start jobs on this machine when it has fewer GPU places than were asked for."""
    if GPU and workflow.local_exec:
        limit = workflow.global_resources.get("gpu")
        told(require_gpus, (limit and limit.value) or 1, CONFIG.jobs_per_gpu)


def require_a_place_to_work():
    """Refuse to begin where Snakemake cannot keep its records."""
    try:
        require_writable(Path(".snakemake").absolute())
    except VspairError as error:
        end(
            f"{printable.shown(error)}; or work on a copy (`git clone`), or in a folder of your own: snakemake --snakefile "
            f"{ROOT / 'workflow/Snakefile'} --directory FOLDER"
        )


def warn_of_the_tree():
    """Say before the first job what would be found out after the last: that no result will pass the audit."""
    if sentence := warning(ROOT):
        logger.warning(f"warning: {sentence}")


def require_room_for_jobs():
    """Refuse to start jobs on this machine that it has too little memory or disk for."""
    if not workflow.local_exec:
        return
    jobs = []
    for job in workflow.dag.needrun_jobs():
        for name in CONFIG.problems:
            made = [
                file.removeprefix(f"{RESULTS}/{name}/")
                for file in job.output
                if file.startswith(f"{RESULTS}/{name}/")
            ]
            pairs = any(file.startswith("pairs/") for file in made)
            if made:
                what = "pairs" if pairs else job.rule.name
                jobs.append((what, name, getattr(job.wildcards, "method", None)))
    told(require_room, CONFIG.problems, jobs, Path(RESULTS), CONFIG.device)


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


def fetching(name, problem, source, paths, keys, local=False, minutes=30, cost=SECONDS):
    """The rule that fetches raw files which are not there, made by the script of its name.

    Its output is a list of files and never a raw file: Snakemake deletes the outputs of a rule before it runs, when it
    fails and when it is told to. The list lies where nobody keeps data, and nothing is believed because of it: what is
    there is looked up, and only if something is not is this rule there too. A folder that the user named is only read.

    problem, source: whose raw files they are, and what they are called. paths: the raw files, or the folder with them.
    keys, local, minutes, cost: as for `stage`.
    """
    COSTS[name] = cost
    absent = lacking(paths)
    path, stem = f"scripts/{name}.py", f"results/sources/{source}"
    if not absent:
        return
    if ONLY_PLANNED:
        return as_if(name, absent, path, local)
    if CONFIG.data_dir:
        return
    FETCHED_BY[problem] = name

    def told_of(wildcards):
        return evidence(path, keys)

    def gone(wildcards):
        # A list of files that are gone again: this makes it another job than the one that left it.
        earlier = Path(f"{stem}.files.json")
        return str(earlier.stat().st_mtime_ns) if earlier.is_file() else None

    checkpoint:
        name:
            name
        output:
            listing=f"{stem}.files.json",
            receipt=f"{stem}.receipt.json",
        log:
            f"{stem}.log",
        benchmark:
            f"{stem}.tsv"
        localrule: local
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0,
            mem_mb=4000,
            runtime=minutes,
        params:
            raw=paths,
            gone=gone,
            evidence=told_of,
        script:
            str(place(ROOT, path))


def as_if(name, absent, path, local):
    """The rule that brings what is not here to a plan by which nothing runs."""

    rule:
        name:
            name
        output:
            absent,
        localrule: local
        script:
            str(place(ROOT, path))


def lacking(paths):
    """Those raw files or folders that are not there; an empty folder counts as not there."""
    return [
        path
        for path in paths
        if not Path(path).exists()
        or (Path(path).is_dir() and not any(Path(path).iterdir()))
    ]


def there(problem, paths, check):
    """Raw files of a problem as inputs: they are looked at before any work, or fetched first.

    check: of one path, raises VspairError.
    """
    if ONLY_PLANNED:
        return paths
    absent = lacking(paths) if problem in FETCHED_BY else []
    for path in paths:
        if path not in absent and path not in LOOKED_AT:
            told(check, Path(path))
            LOOKED_AT.add(path)
    if absent:
        # Snakemake asks again when the rule has run.
        getattr(checkpoints, FETCHED_BY[problem]).get()
    return paths


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
        [*keys, *(conditions(published) if published else [])],
        {**inputs, **({"published": PUBLISHED} if published else {})},
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


def figure(name, section, inputs, keys=(), given={}, needs=None):
    """One figure, made by the script of its name; arguments are those of `table`."""
    suffixes = ("png", "pdf", "csv")
    shown(name, section, "figures", suffixes, inputs, keys, given, needs=needs)


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


def conditions(table):
    """Dotted keys that the comparison with a published table depends on."""
    return list(read_published(ROOT / PUBLISHED, table).conditions)


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
