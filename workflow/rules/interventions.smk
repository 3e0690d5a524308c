# Interventions on the latent space of VAEs (Mueller et al.): stacks of runs, their analysis, tables and figures.

from vspair.problems.interventions.settings import Stack

INTERVENTIONS = CONFIG.problems["interventions"]
INTERVENED = f"{RESULTS}/interventions"
SUBSETS = f"{INTERVENED}/subsets/{{source}}.safetensors"
ANALYSES = f"{INTERVENED}/analyses/{{stack}}"
# Of Table 3.3 and the figures: the runs of the chosen epochs.
SHOWN_STACKS = INTERVENTIONS.stacks(INTERVENTIONS.choices.epochs)
METRICS_31 = ["diversity", "var_diversity", "recon_sample", "recon_mean"]
METRICS_32 = ["recon_diff", "ratio_sum", "sig_dims", "int_var"]


def of_source(wildcards):
    """The raw files of a source."""
    return raw_images(wildcards.source)(wildcards)


for source in INTERVENTIONS.sources:
    fetching_images(source)

stage(
    "int_subsets",
    dict(subsets=SUBSETS, receipt=f"{INTERVENED}/subsets/{{source}}.receipt.json"),
    ["interventions.data"],
    dict(raw=of_source),
    seed=INTERVENTIONS.data.seeds[0],
    cost=dict(per=["source"], alike=["interventions.data.images"]),
)


def subsets_of(stack):
    return expand(SUBSETS, source=Stack.parse(stack).source)[0]


STACKED["interventions"] = dict(
    keys=lambda stack: [
        "network",
        *(
            f"training.{key}"
            for key in ("batch_size", "learning_rate", "checkpoint_every", "seed")
        ),
    ],
    data=subsets_of,
    seed=lambda stack: INTERVENTIONS.training.seed,
)

stage(
    "int_analyse",
    {
        **{
            f"seed{seed}": f"{ANALYSES}/seed{seed}.json"
            for seed in INTERVENTIONS.data.seeds
        },
        "receipt": f"{ANALYSES}/analyse.receipt.json",
    },
    ["precision", "interventions.network", "interventions.analysis"],
    dict(
        weights=lambda wildcards: expand(
            STACK, problem="interventions", stack=wildcards.stack
        )[0],
        subsets=lambda wildcards: subsets_of(wildcards.stack),
    ),
    seed=INTERVENTIONS.analysis.seed,
    given=dict(seeds=list(INTERVENTIONS.data.seeds)),
    threads=CONFIG.threads,
    gpu=GPU,
    mem=8000,
    minutes=60,
    cost=dict(
        per=["stack"],
        time=["interventions.analysis.images", "interventions.data.seeds"],
        size=["interventions.data.seeds"],
    ),
)


def analyses(stacks):
    """Stack's name -> file of each seed."""
    return {
        stack.name: [
            f"{INTERVENED}/analyses/{stack.name}/seed{seed}.json"
            for seed in INTERVENTIONS.data.seeds
        ]
        for stack in stacks
    }


def all_of(files):
    return dict(runs=[path for paths in files.values() for path in paths])


CHOSEN = analyses(SHOWN_STACKS)
CHOICES_OF_TABLES = ["interventions.choices"]
ROW_NAMES = {
    "digits": "Digits",
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
}
SUBSET_LABELS = {
    f"{source} {classes}{ending}": f"{name}, {classes} class{'es' * (classes > 1)}{', conv' * bool(ending)}"
    for source, name in ROW_NAMES.items()
    for classes in (1, 5, 10, *INTERVENTIONS.data.classes)
    for ending in ("", " conv")
}
for name, metrics in (("int_table31", METRICS_31), ("int_table32", METRICS_32)):
    table(
        name,
        "interventions",
        all_of(CHOSEN),
        CHOICES_OF_TABLES,
        dict(files=CHOSEN, metrics=metrics, table=name, labels=SUBSET_LABELS),
        published=name,
        made_by="scripts/int_table.py",
    )
table(
    "int_table33",
    "interventions",
    all_of(CHOSEN),
    CHOICES_OF_TABLES,
    dict(files=CHOSEN, models=list(INTERVENTIONS.models)),
    published="int_table33",
)
EVERY_STACK = analyses(INTERVENTIONS.stacks())
table(
    "int_table_choices",
    "interventions",
    {**all_of(EVERY_STACK), "published": paper_of("interventions")},
    ["interventions.training.epochs"],
    dict(files=EVERY_STACK),
    needs=(
        None
        if "dense" in INTERVENTIONS.models
        else "needs the dense model, which interventions.models leaves out"
    ),
)
figure(
    "int_fig31",
    "interventions",
    all_of(CHOSEN),
    CHOICES_OF_TABLES,
    dict(files=CHOSEN, models=list(INTERVENTIONS.models)),
)
figure(
    "int_fig32",
    "interventions",
    all_of(CHOSEN),
    CHOICES_OF_TABLES,
    dict(files=CHOSEN),
)
