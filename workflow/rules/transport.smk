# Paired Wasserstein autoencoders: transport on the sphere, posterior samples in the plane (Piening and Chung).

from vspair.models.kinds import model_path as class_of_kind
from vspair.problems.transport import stacks as wae

TRANSPORT = CONFIG.transport
WAE = f"{RESULTS}/transport"
WAE_TRIED = TRANSPORT.choices.runs
WAE_SEEDS = list(TRANSPORT.seeds)
WAE_TRIED_SEEDS = WAE_SEEDS[: TRANSPORT.choices.seeds]
WAE_MIXTURES = f"{WAE}/mixtures/{{draw}}.safetensors"
# What is scored in one job: the stacks and the seeds of each.
WAE_SCORED = {
    "sphere": (TRANSPORT.sphere_stacks(), WAE_SEEDS),
    "plane": (
        [name for name in TRANSPORT.stacks() if name.startswith(f"{wae.PLANE}.")],
        WAE_SEEDS,
    ),
    # Each by itself, as soon as it is trained: exact transport takes seconds a run, on one core.
    **{
        f"{wae.CHOICE}_{name}": ([f"{wae.CHOICE}.{name}"], WAE_TRIED_SEEDS)
        for name in WAE_TRIED
    },
}


def wae_keys(keys):
    return [f"transport.{key}" for key in dict.fromkeys(keys)]


def wae_mixtures_of(stack):
    """File with the mixtures and samples that a stack is trained on."""
    return expand(WAE_MIXTURES, draw=wae.draw_of(stack, WAE_TRIED))[0]


def wae_kinds_of(stack):
    """Class of the kind that a stack trains, where it is loaded by name."""
    method = wae.changed(stack, WAE_TRIED)[0].removeprefix(f"{wae.PLANE}.")
    if method not in TRANSPORT.methods:
        return []
    return [class_of_kind(method), settings_path(method)]


def wae_score_of(group, stack, seed):
    """File with the scores of one run of a stack."""
    return f"{WAE}/scores/{group}/{stack}.seed{seed}.csv"


def wae_scores_of(stack):
    """Files with the scores of the runs of a stack, by the order of the seeds."""
    scored = {**WAE_SCORED, "plane": ([*WAE_SCORED["plane"][0], wae.EXACT], WAE_SEEDS)}
    group = next(group for group, (names, _) in scored.items() if stack in names)
    return [wae_score_of(group, stack, seed) for seed in scored[group][1]]


def wae_points(group):
    """File with the points that figures show of a group's first runs."""
    return f"{WAE}/scores/{group}.csv"


STACKED["transport"] = dict(
    keys=lambda stack: wae.training_keys(stack, WAE_TRIED),
    data=wae_mixtures_of,
    seed=lambda stack: TRANSPORT.mixtures.seed,
    entries=wae_kinds_of,
)

stage(
    "wae_mixtures",
    dict(mixtures=WAE_MIXTURES, receipt=f"{WAE}/mixtures/{{draw}}.receipt.json"),
    lambda wildcards: wae_keys(wae.drawing_keys(wildcards.draw)),
    seed=TRANSPORT.mixtures.seed,
    cost={},
)

for group, (names, seeds) in WAE_SCORED.items():
    if not names:
        continue
    stage(
        f"wae_{group}_scores",
        dict(
            scores=[
                wae_score_of(group, stack, seed) for stack in names for seed in seeds
            ],
            shown=wae_points(group),
            receipt=f"{WAE}/scores/{group}.receipt.json",
            **(dict(exact=wae_scores_of(wae.EXACT)) if group == "plane" else {}),
        ),
        wae_keys(
            [
                *(
                    key
                    for stack in names
                    for key in wae.training_keys(stack, WAE_TRIED)
                ),
                *("scores", "sphere.shown", "plane.shown"),
            ]
        ),
        dict(
            weights=[
                expand(STACK, problem="transport", stack=stack)[0] for stack in names
            ],
            data=[wae_mixtures_of(stack) for stack in names],
        ),
        [
            told(job_path, "transport", "stack"),
            *sorted({entry for stack in names for entry in wae_kinds_of(stack)}),
        ],
        TRANSPORT.mixtures.seed,
        given=dict(stacks=names, runs=len(seeds)),
        made_by="scripts/wae_scores.py",
        minutes=60,
        cost={},
    )


def wae_scored(rows):
    """Inputs and parameters of a table: row -> stack."""
    return (
        dict(scores=[path for stack in rows.values() for path in wae_scores_of(stack)]),
        dict(
            rows=list(rows), runs=[len(wae_scores_of(stack)) for stack in rows.values()]
        ),
    )


def wae_table(name, rows, columns, published=None, keys=()):
    inputs, given = wae_scored(rows)
    table(
        name,
        "transport",
        inputs,
        ["transport.scores", *keys],
        given | dict(columns=columns),
        published=published,
        made_by="scripts/wae_table.py",
    )


WAE_PAIRED = {"paired WAE": wae.WAE}
WAE_BETAS = {f"beta={beta:g}": wae.cvae_stack(beta) for beta in TRANSPORT.plane.betas}
WAE_CVAE = {"cVAE": wae.cvae_stack(TRANSPORT.plane.beta)}
WAE_OF_PLANE = {
    **WAE_PAIRED,
    **WAE_CVAE,
    **{f"{name} (ours)": f"{wae.PLANE}.{name}" for name in TRANSPORT.methods},
}
WAE_ENERGIES = ["unconditional", "conditional"]

wae_table(
    "wae_table1",
    {
        f"{joint:g}, {weight:g}": wae.sphere_stack(joint, weight)
        for joint, weight in reversed(TRANSPORT.sphere.weights)
    },
    ["mg", "ed", "sum"],
    "wae_table1",
)
wae_table("wae_table2", WAE_PAIRED | WAE_CVAE, WAE_ENERGIES, "wae_table2")
wae_table("wae_table3", WAE_PAIRED | WAE_BETAS, WAE_ENERGIES, "wae_table3")
wae_table(
    "wae_table_pair",
    WAE_OF_PLANE | {"closed form": wae.EXACT},
    [
        *WAE_ENERGIES,
        *map(wae.coverage_column, TRANSPORT.scores.levels),
        *("sbc_p", "tarp_area", "tarp_p"),
    ],
)
wae_table(
    "wae_table_choices",
    {choice.label: f"{wae.CHOICE}.{name}" for name, choice in WAE_TRIED.items()},
    ["mg", "ed", *WAE_ENERGIES],
    keys=["transport.choices"],
)

WAE_SHOWN = wae.sphere_stack(*TRANSPORT.sphere.weights[-1])
figure(
    "wae_fig1",
    "transport",
    dict(points=wae_points("sphere")),
    given=dict(stack=WAE_SHOWN),
)
figure(
    "wae_fig4",
    "transport",
    dict(points=wae_points("plane")),
    given=dict(methods=WAE_PAIRED | WAE_CVAE),
)
