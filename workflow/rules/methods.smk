# What every problem does with every method: pairs, training, evaluation, calibration, latents, studies.

PROBLEM = f"{RESULTS}/{{problem}}"
PAIRS = f"{PROBLEM}/pairs/{{data}}.safetensors"
OF_RUN = "{method}/{data}/seed{seed}"
WEIGHTS = f"{PROBLEM}/runs/{OF_RUN}/weights.safetensors"
HISTORY = f"{PROBLEM}/runs/{OF_RUN}/history.csv"
COST = f"{PROBLEM}/runs/{OF_RUN}/cost.json"
EVALUATED = f"{PROBLEM}/evaluations/{OF_RUN}/images.csv"
MOMENTS = f"{PROBLEM}/evaluations/{OF_RUN}/moments.safetensors"
SUMMARY = f"{PROBLEM}/evaluations/{OF_RUN}/summary.json"
CALIBRATED = f"{PROBLEM}/calibrations/{OF_RUN}/summary.json"
CURVES = f"{PROBLEM}/calibrations/{OF_RUN}/curves.csv"
POSTERIOR = f"{PROBLEM}/calibrations/{OF_RUN}/posterior.csv"
LATENTS = f"{PROBLEM}/latents/{OF_RUN}/latents.safetensors"
REPEATED = f"{PROBLEM}/repeats/{OF_RUN}/summary.json"
REPEATED_MAPS = f"{PROBLEM}/repeats/{OF_RUN}/maps.safetensors"
STUDY = f"{PROBLEM}/studies/{{study}}/{{run}}/{{method}}/{{data}}/seed{{seed}}"

# Problem -> settings and further inputs of the job that looks at latents.
INSPECTED = {}
# Problem -> settings and further inputs of the job that observes images again.
OBSERVED = {}


wildcard_constraints:
    problem="|".join(CONFIG.problems),
    method=r"\w+",
    data=r"\w[\w.]*",
    seed=r"\d+",
    run="[^/]+",


def problem_of(wildcards):
    """The problem's settings, of one with pairs and methods."""
    name = wildcards.problem
    if name not in CONFIG.inverse_problems:
        end(f"{name} has no pairs and methods: `snakemake {name}` makes what it has")
    return CONFIG.inverse_problems[name]


def settings_of_job(wildcards):
    """The problem's and the method's settings."""
    problem = problem_of(wildcards)
    if wildcards.method not in problem.methods:
        end(
            f"{wildcards.problem}.methods has no {wildcards.method}: it has {', '.join(problem.methods)}"
        )
    return problem, problem.methods[wildcards.method]


def keys_of(*more, drawn=()):
    """Of the wildcards: dotted keys that a job on a method reads, these among them, `drawn` if it has a posterior."""

    def keys(wildcards):
        problem, method = settings_of_job(wildcards)
        own = [*problem.frame_keys, f"methods.{wildcards.method}", *more]
        own += drawn if method.probabilistic else ()
        return [
            "precision",
            *(f"{wildcards.problem}.{key.format(**wildcards)}" for key in own),
        ]

    return keys


def taught(*more):
    """`keys_of` for a job that trains."""
    keys = keys_of(*more)
    return lambda wildcards: ["captured", "compiled", *keys(wildcards)]


def entries_of(*functions):
    """Of the wildcards: what a job on a method loads by name, these functions of the problem's jobs among it."""

    def entries(wildcards):
        kind = settings_of_job(wildcards)[1].kind
        names = ("scales", "frame", *functions)
        return [
            model_path(kind),
            settings_path(kind),
            *(told(job_path, wildcards.problem, name) for name in names),
        ]

    return entries


def learned(wildcards):
    """What a method has learned or chosen from training pairs; nothing for one that does not learn."""
    method = settings_of_job(wildcards)[1]
    return expand(WEIGHTS, **wildcards)[0] if method.learns else []


def seed_of(wildcards):
    return int(wildcards.seed)


def raw(wildcards):
    """Raw files of a problem."""
    problem = problem_of(wildcards)
    paths = [f"{DATA}/{file}" for file in problem.raw_files()]
    return there(paths, problem.check_raw_file)


def pairs_keys(wildcards):
    return [f"{wildcards.problem}.{key}" for key in problem_of(wildcards).pairs_keys]


stage(
    "pairs",
    dict(pairs=PAIRS, receipt=f"{PROBLEM}/pairs/{{data}}.receipt.json"),
    pairs_keys,
    dict(raw=raw),
    lambda wildcards: [
        told(job_path, wildcards.problem, name) for name in ("pairs", "described")
    ],
    lambda wildcards: problem_of(wildcards).data.seed,
    dict(
        shapes=lambda wildcards: [
            list(shape) for shape in problem_of(wildcards).shapes()
        ]
    ),
    cost=dict(
        per=["problem"],
        time=["{problem}.data.train + {problem}.data.test"],
        size=["{problem}.data.train + {problem}.data.test"],
    ),
)
TRAINED = dict(
    free=["*.methods.*.training.*", "*.training.*"], per=["problem", "method"]
)
stage(
    "train",
    dict(
        weights=WEIGHTS,
        history=HISTORY,
        cost=COST,
        receipt=f"{PROBLEM}/runs/{OF_RUN}/train.receipt.json",
    ),
    taught(),
    dict(pairs=PAIRS),
    entries_of(),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=24000,
    minutes=2880,
    cost=dict(
        per=["problem", "method"],
        time=[
            "{problem}.methods.{method}.training.epochs | {problem}.methods.{method}.strengths",
            "{problem}.methods.{method}.pairs | {problem}.data.train",
            "{problem}.methods.{method}.members | 1",
        ],
        size=["{problem}.methods.{method}.members | 1"],
    ),
)
stage(
    "evaluate",
    dict(
        images=EVALUATED,
        moments=MOMENTS,
        summary=SUMMARY,
        receipt=f"{PROBLEM}/evaluations/{OF_RUN}/evaluate.receipt.json",
    ),
    keys_of("evaluation.batch_size", "data.test", drawn=["evaluation.samples"]),
    dict(pairs=PAIRS, weights=learned),
    entries_of("quality", "groups", "columns", "summary"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=12000,
    minutes=120,
    cost=dict(
        TRAINED,
        time=[
            "{problem}.data.test",
            "{problem}.methods.{method}.members | {problem}.methods.{method}.steps | 1",
        ],
        size=["{problem}.data.test"],
    ),
)
stage(
    "calibrate",
    dict(
        images=f"{PROBLEM}/calibrations/{OF_RUN}/images.csv",
        curves=CURVES,
        posterior=POSTERIOR,
        summary=CALIBRATED,
        receipt=f"{PROBLEM}/calibrations/{OF_RUN}/calibrate.receipt.json",
    ),
    lambda wildcards: keys_of(
        *("evaluation.batch_size", "evaluation.calibration", "data.test"),
        *problem_of(wildcards).misfit_keys,
    )(wildcards),
    dict(pairs=PAIRS, weights=learned),
    entries_of("resolution", "groups", "columns", "misfit"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=12000,
    minutes=120,
    cost=dict(
        TRAINED,
        time=[
            "{problem}.data.test",
            "{problem}.evaluation.calibration.samples",
            "{problem}.methods.{method}.steps | 1",
        ],
        size=["{problem}.data.test"],
    ),
)


def observed(wildcards, part):
    return OBSERVED.get(wildcards.problem, {}).get(part, [])


stage(
    "repeat",
    dict(
        summary=REPEATED,
        maps=REPEATED_MAPS,
        receipt=f"{PROBLEM}/repeats/{OF_RUN}/repeat.receipt.json",
    ),
    lambda wildcards: keys_of(
        "evaluation.batch_size",
        *(
            f"evaluation.repeated.{key}"
            for key in ("images", "draws", "samples", "level")
        ),
        *observed(wildcards, "keys"),
    )(wildcards),
    dict(
        pairs=PAIRS,
        weights=learned,
        files=lambda wildcards: observed(wildcards, "files"),
    ),
    entries_of("resolution", "observed_again"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=12000,
    minutes=120,
    cost=dict(
        TRAINED,
        time=[
            f"{{problem}}.evaluation.repeated.{key}"
            for key in ("images", "draws", "samples")
        ],
        size=["{problem}.evaluation.repeated.images"],
    ),
)


def inspected(wildcards):
    """The further files of a problem whose latents are looked at."""
    return expand(INSPECTED[wildcards.problem].get("files", []), **wildcards)


stage(
    "latents",
    dict(
        latents=LATENTS,
        receipt=f"{PROBLEM}/latents/{OF_RUN}/latents.receipt.json",
    ),
    lambda wildcards: keys_of(*INSPECTED[wildcards.problem]["keys"])(wildcards),
    dict(pairs=PAIRS, weights=learned, files=inspected),
    entries_of("inspect"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=12000,
    minutes=120,
    # A few chosen images.
    cost=dict(TRAINED, free=[*TRAINED["free"], "*.evaluation.localisation.images"]),
)
stage(
    "aggregate",
    dict(
        images=f"{PROBLEM}/evaluations/{{method}}/{{data}}/images.csv",
        receipt=f"{PROBLEM}/evaluations/{{method}}/{{data}}/aggregate.receipt.json",
    ),
    ["seeds"],
    dict(
        images=expand(EVALUATED, seed=SEEDS, allow_missing=True),
        summaries=expand(SUMMARY, seed=SEEDS, allow_missing=True),
    ),
    local=True,
)
stage(
    "study",
    dict(
        images=f"{STUDY}/images.csv",
        history=f"{STUDY}/history.csv",
        receipt=f"{STUDY}/study.receipt.json",
    ),
    taught(
        "evaluation.samples",
        "evaluation.batch_size",
        *(f"studies.{{study}}.{key}" for key in ("base", "train", "test")),
    ),
    dict(pairs=PAIRS),
    entries_of("quality", "resolution"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=8000,
    minutes=240,
    cost=dict(
        per=["problem", "study", "method"],
        time=[
            "{problem}.studies.{study}.base.training.epochs | {problem}.methods.{method}.training.epochs",
            "{problem}.studies.{study}.train",
        ],
        size=["{problem}.studies.{study}.test"],
    ),
)


def study_runs(problem, name):
    """Files of a study's runs and, in the same order, (run, method, seed) of each, of the methods that are compared."""
    settings = CONFIG.problems[problem]
    study, data = settings.studies[name], settings.usual_datasets()[0]
    found = [
        [run, method, seed]
        for run, method in study.runs(settings.compared)
        for seed in study.seeds
    ]
    paths = [
        expand(
            f"{STUDY}/images.csv",
            problem=problem,
            study=name,
            run=run,
            method=method,
            data=data,
            seed=seed,
        )[0]
        for run, method, seed in found
    ]
    return paths, found


def swept(problem, name, method, *axes):
    """The settings and the seed of each run of a study, in the order of its files.

    What is drawn over the study's axes expects this one method and these axes, all with values.
    """
    study = CONFIG.problems[problem].studies[name]
    used = [key for key, values in study.axes.items() if values]
    if list(study.methods) != [method] or used != list(axes):
        FAULTS.setdefault(
            problem,
            f"studies.{name}: its table and figure need the method {method} and values on the axes {', '.join(axes)}, "
            f"found the methods {', '.join(study.methods)} and values on {', '.join(used) or 'no axis'}: change the "
            "configuration, or add a study of another name",
        )
        return []
    return [[parse_run(run), seed] for run, _, seed in study_runs(problem, name)[1]]


def figure_of_repeats(name, problem, labels, unit, window=None):
    """What repeated observations of test images find, of the methods and data sets that the settings name.

    labels: of a run, what a reader sees of it. unit: of the images. window: key with the values that are black and
    white; by default the least and the greatest of the images.
    """
    settings = f"{problem}.evaluation.repeated"
    wanted = CONFIG.problems[problem].evaluation.repeated
    found = [
        run
        for run in runs(problem, seeds=SEEDS[:1])
        if wanted
        and run.method in wanted.methods
        and (wanted.data is None or run.data in wanted.data)
    ]
    figure(
        name,
        problem,
        dict(
            summaries=files(REPEATED, problem, found),
            maps=files(REPEATED_MAPS, problem, found),
        ),
        ["seeds", f"{settings}.images", *([window] if window else [])],
        dict(
            runs=[[run.method, run.data] for run in found],
            labels=[labels(run) for run in found],
            unit=unit,
            window=window,
        ),
        needs=(
            None
            if found
            else f"needs one of the methods and data sets of {settings}, and none is compared"
        ),
        made_by="scripts/fig_repeated.py",
    )


def table_of_methods(name, problem):
    """A table of every measure of every method of a problem."""
    found = runs(problem)
    table(
        name,
        problem,
        dict(
            images=files(EVALUATED, problem, found),
            summaries=files(SUMMARY, problem, found),
        ),
        ["seeds"],
        dict(
            rows=[
                f"{CONFIG.problems[problem].label(r.method)}, {r.data}" for r in found
            ]
        ),
        made_by="scripts/table_methods.py",
    )
