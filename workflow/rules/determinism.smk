# Determinism check: every kind of method that is trained by steps, trained again, and killed and resumed, must end with
# the same bits.

TRIALS = ("first", "second", "resumed")
TRIAL = f"{RESULTS}/determinism/{{problem}}/{{method}}/{{data}}/{{trial}}"

# One method of each kind that is trained by steps, the first, on the first data set that it is run on.
OF_KINDS = {}
for problem, settings in CONFIG.inverse_problems.items():
    for run in settings.runs(SEEDS[:1]):
        method = settings.methods[run.method]
        if hasattr(method, "training"):
            OF_KINDS.setdefault((problem, method.kind), (problem, run))
REPEATED = list(OF_KINDS.values())
TRIED = [
    expand(TRIAL, problem=problem, method=run.method, data=run.data, trial=trial)[0]
    for problem, run in REPEATED
    for trial in TRIALS
]


wildcard_constraints:
    trial="|".join(TRIALS),


stage(
    "determinism_run",
    dict(
        weights=f"{TRIAL}/weights.safetensors",
        history=f"{TRIAL}/history.csv",
        facts=f"{TRIAL}/run.json",
        receipt=f"{TRIAL}/run.receipt.json",
    ),
    lambda wildcards: ["determinism", *taught()(wildcards)],
    dict(pairs=PAIRS),
    entries_of(),
    SEEDS[0],
    threads=CONFIG.threads,
    gpu=GPU,
    mem=12000,
    cost=dict(per=["problem", "method", "trial"]),
)
table(
    "determinism",
    "determinism",
    dict(
        weights=expand("{run}/weights.safetensors", run=TRIED),
        histories=expand("{run}/history.csv", run=TRIED),
        facts=expand("{run}/run.json", run=TRIED),
    ),
    ["determinism"],
    dict(
        runs=[
            [f"{problem} {run.method}", trial]
            for problem, run in REPEATED
            for trial in TRIALS
        ],
        labels={
            f"{problem} {run.method}": (
                f"{TITLES[problem]}: {CONFIG.problems[problem].label(run.method)}"
            )
            for problem, run in REPEATED
        },
    ),
)
