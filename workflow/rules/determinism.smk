# Determinism check: every model that learns, trained again, and killed and resumed, must end with the same bits.

DETERMINISM = f"{RESULTS}/determinism"
TRIALS = ("first", "second", "resumed")

# One CT method of each kind that learns weights, the first, and the first noise data set that it is run on.
FIRST_OF_KIND = {
    METHODS[method].kind: (method, noise)
    for method, noise in reversed(CONFIG.ct.runs())
    if hasattr(METHODS[method], "training")
}
SCANNED = dict(FIRST_OF_KIND[kind] for kind in reversed(FIRST_OF_KIND))
# Row of the table -> section of the configuration and name there.
LEARNERS = {
    **{model: ("inpainting", model) for model in MODELS},
    **{f"CT {method}": ("ct", method) for method in SCANNED},
}
LEARNER_KEYS = {
    "inpainting": lambda name: [
        "inpainting.image",
        "inpainting.data.scale",
        f"inpainting.models.{name}",
        "inpainting.choices",
        "inpainting.training",
    ],
    "ct": lambda name: [
        *scan_keys(name),
        *(["ct.choices"] if METHODS[name].probabilistic else []),
    ],
}
LEARNER_CLASS = {
    "inpainting": lambda name: name,
    "ct": lambda name: METHODS[name].kind,
}
LEARNER_PAIRS = {
    "inpainting": lambda name: rules.pairs.output.pairs,
    "ct": lambda name: expand(rules.ct_noise.output.pairs, noise=SCANNED[name])[0],
}


wildcard_constraints:
    problem="inpainting|ct",
    learner=r"\w+",
    trial="|".join(TRIALS),


rule determinism_run:
    input:
        pairs=lambda wildcards: LEARNER_PAIRS[wildcards.problem](wildcards.learner),
    output:
        weights=f"{DETERMINISM}/{{problem}}/{{learner}}/{{trial}}/weights.safetensors",
        history=f"{DETERMINISM}/{{problem}}/{{learner}}/{{trial}}/history.csv",
        facts=f"{DETERMINISM}/{{problem}}/{{learner}}/{{trial}}/run.json",
        receipt=f"{DETERMINISM}/{{problem}}/{{learner}}/{{trial}}/run.receipt.json",
    log:
        f"{RESULTS}/logs/determinism/{{problem}}/{{learner}}-{{trial}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/determinism/{{problem}}/{{learner}}-{{trial}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=12000,
        runtime=30,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/determinism_run.py",
            [
                "precision",
                "determinism",
                *LEARNER_KEYS[wildcards.problem](wildcards.learner),
            ],
            entries=[
                f"vspair.models:{LEARNER_CLASS[wildcards.problem](wildcards.learner)}"
            ],
            seed=SEEDS[0],
            stochastic=True,
        ),
    script:
        "../../scripts/determinism_run.py"


LEARNER_RUNS = [[row, trial] for row in LEARNERS for trial in TRIALS]
LEARNER_FOLDERS = [
    f"{DETERMINISM}/{problem}/{name}/{trial}"
    for problem, name in LEARNERS.values()
    for trial in TRIALS
]


rule determinism:
    input:
        weights=expand("{run}/weights.safetensors", run=LEARNER_FOLDERS),
        histories=expand("{run}/history.csv", run=LEARNER_FOLDERS),
        facts=expand("{run}/run.json", run=LEARNER_FOLDERS),
    output:
        csv=f"{TABLE}/determinism.csv",
        md=report(
            f"{TABLE}/determinism.md",
            caption="../report/determinism.rst",
            category="Determinism",
            subcategory="Tables",
        ),
        tex=f"{TABLE}/determinism.tex",
        receipt=f"{TABLE}/determinism.receipt.json",
    log:
        f"{RESULTS}/logs/tables/determinism.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/determinism.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=LEARNER_RUNS,
        labels={
            **LABELS,
            **{
                f"CT {name}": f"CT: {METHOD_LABELS.get(name, name)}"
                for name in SCANNED
            },
        },
        evidence=evidence("scripts/determinism.py", ["determinism"]),
    script:
        "../../scripts/determinism.py"
