# Several runs of one small network, trained as one: of problems with many small trainings.

STACKED_RUNS = f"{RESULTS}/{{problem}}/stacks/{{stack}}"
STACK = f"{STACKED_RUNS}/weights.safetensors"
STACK_HISTORY = f"{STACKED_RUNS}/history.csv"
STACK_COST = f"{STACKED_RUNS}/cost.json"

# Problem -> functions of a stack's name: `keys`, what of the problem's settings its training reads; `data`, its one
# input file; `seed`; and `entries`, what it loads by name. The problem's function `stack` gives what is trained.
STACKED = {}


wildcard_constraints:
    stack=r"[\w.=+-]+",


def of_stack(what):
    """Of the wildcards: what a problem says of a stack."""

    def said(wildcards):
        if wildcards.problem not in STACKED:
            end(f"{wildcards.problem} trains no runs as one")
        return STACKED[wildcards.problem][what](wildcards.stack)

    return said


def stack_keys(wildcards):
    own = of_stack("keys")(wildcards)
    shared = ("captured", "compiled", "precision")
    return [*shared, *(f"{wildcards.problem}.{key}" for key in own)]


def stack_entries(wildcards):
    more = STACKED[wildcards.problem].get("entries", lambda stack: [])
    return [told(job_path, wildcards.problem, "stack"), *more(wildcards.stack)]


stage(
    "train_stack",
    dict(
        weights=STACK,
        history=STACK_HISTORY,
        cost=STACK_COST,
        receipt=f"{STACKED_RUNS}/train.receipt.json",
    ),
    stack_keys,
    dict(data=of_stack("data")),
    stack_entries,
    of_stack("seed"),
    threads=CONFIG.threads,
    gpu=GPU,
    mem=8000,
    minutes=240,
    cost=dict(per=["problem", "stack"]),
)
