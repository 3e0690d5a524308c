# Blind inpainting (Section 4.1, Appendix B).

INPAINTING = CONFIG.inpainting
HOLES = INPAINTING.datasets()[0]
LOCALISED = f"{PROBLEM}/localisations/{OF_RUN}/localisation.csv"
GATES = f"{PROBLEM}/gates/{OF_RUN}/images.csv"
# Rows of Figure 3, in the paper's order, and others below; then those with a latent space.
PROBABILISTIC = [
    *(name for name in ("vsPAIR", "vPAIR", "sVAE") if name in INPAINTING.compared),
    *(
        name
        for name, method in INPAINTING.compared.items()
        if method.probabilistic and name not in ("vsPAIR", "vPAIR", "sVAE")
    ),
]
SPARSE = [
    name for name in PROBABILISTIC if hasattr(INPAINTING.methods[name], "rho_start")
]
LATENT = [name for name in PROBABILISTIC if INPAINTING.methods[name].latent]
ALL = runs("inpainting")
FIRST = runs("inpainting", seeds=SEEDS[:1])


def of(methods, found):
    """The runs of these methods, in their order."""
    return [run for method in methods for run in found if run.method == method]


def told_seeds(methods):
    """(method, seed) of each run, in the order of its files."""
    return [[run.method, run.seed] for run in of(methods, ALL)]


def inpainted(pattern, methods, found=ALL):
    return files(pattern, "inpainting", of(methods, found))


def named(methods):
    """What a script is told of the methods that it shows, in the order of their colours."""
    return dict(
        methods=methods,
        order=list(INPAINTING.compared),
        labels=labels("inpainting", INPAINTING.compared),
    )


def needs_some(methods, kind):
    return (
        None if methods else f"needs a {kind} method, and inpainting.compare has none"
    )


NO_POSTERIOR = needs_some(PROBABILISTIC, "probabilistic")
NO_LATENT = needs_some(LATENT, "latent")
NO_SPARSE = needs_some(SPARSE, "sparse")
NO_VSPAIR = without("inpainting", "vsPAIR")

fetching_images(HOLES)

stage(
    "localise",
    dict(
        images=LOCALISED,
        receipt=f"{PROBLEM}/localisations/{OF_RUN}/localise.receipt.json",
    ),
    keys_of(
        *("evaluation.samples", "evaluation.batch_size", "evaluation.localisation")
    ),
    dict(pairs=PAIRS, weights=learned),
    entries_of("groups", "columns"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=8000,
    minutes=60,
    cost=dict(
        TRAINED,
        time=[
            "{problem}.evaluation.localisation.images",
            "{problem}.evaluation.localisation.levels",
        ],
        size=["{problem}.evaluation.localisation.images"],
    ),
)
stage(
    "fix_gates",
    dict(images=GATES, receipt=f"{PROBLEM}/gates/{OF_RUN}/fix.receipt.json"),
    keys_of("evaluation.gates"),
    dict(pairs=PAIRS, weights=learned),
    entries_of("groups", "columns"),
    seed_of,
    threads=CONFIG.threads,
    gpu=GPU,
    mem=8000,
    minutes=60,
    cost=dict(
        TRAINED,
        time=[
            "{problem}.evaluation.gates.images",
            "{problem}.evaluation.gates.top",
            "{problem}.evaluation.gates.samples",
        ],
        size=["{problem}.evaluation.gates.images"],
    ),
)
INSPECTED["inpainting"] = dict(
    keys=[
        *("evaluation.samples", "evaluation.localisation"),
        *("figures.examples", "figures.levels", "figures.localised"),
    ],
    files=[LOCALISED],
)
OBSERVED["inpainting"] = dict(keys=["data.patches", "data.patch_size"])
PAIRS_OF_HOLES = expand(PAIRS, problem="inpainting", data=HOLES)[0]
SHOWN_IMAGES = ["seeds", "inpainting.data.scale", "inpainting.figures"]

TARGETS["inpainting"] = expand(
    rules.aggregate.output, problem="inpainting", method=INPAINTING.compared, data=HOLES
)
table(
    "table3",
    "inpainting",
    dict(
        images=inpainted(EVALUATED, INPAINTING.compared),
        summaries=inpainted(SUMMARY, INPAINTING.compared, FIRST),
    ),
    ["seeds", "inpainting.data.scale", "inpainting.data.test"],
    named(list(INPAINTING.compared)),
    published="table3",
)
table(
    "table4",
    "inpainting",
    dict(images=inpainted(EVALUATED, LATENT)),
    ["seeds", "inpainting.data.test"],
    named(LATENT),
    needs=NO_LATENT,
    published="table4",
)
table(
    "table5",
    "inpainting",
    dict(images=inpainted(LOCALISED, LATENT)),
    ["seeds", "inpainting.evaluation.localisation"],
    named(LATENT),
    needs=NO_LATENT,
    published="table5",
)
table(
    "table8",
    "inpainting",
    {},
    [
        "inpainting.image",
        *(f"inpainting.methods.{name}" for name in INPAINTING.compared),
    ],
    named(list(INPAINTING.compared)),
    [
        path(method.kind)
        for method in INPAINTING.compared.values()
        for path in (model_path, settings_path)
    ],
    published="table8",
)
table(
    "table_uq",
    "inpainting",
    dict(summaries=inpainted(CALIBRATED, PROBABILISTIC)),
    ["seeds", "inpainting.evaluation.calibration", "inpainting.data.test"],
    named(PROBABILISTIC),
    needs=NO_POSTERIOR,
)
table(
    "table_speed",
    "inpainting",
    dict(
        calibrations=inpainted(CALIBRATED, PROBABILISTIC),
        evaluations=inpainted(SUMMARY, PROBABILISTIC),
    ),
    ["seeds", "device", "inpainting.data.test"],
    dict(
        rows=[run.method for run in of(PROBABILISTIC, ALL)],
        unit="grey values of the scale",
        labels=labels("inpainting", PROBABILISTIC),
    ),
    needs=NO_POSTERIOR,
)
table(
    "table_fig7",
    "inpainting",
    dict(images=inpainted(EVALUATED, PROBABILISTIC)),
    ["seeds", "inpainting.data.test"],
    named(PROBABILISTIC),
    needs=NO_POSTERIOR,
    published="fig7",
)
figure(
    "fig3",
    "inpainting",
    dict(
        pairs=PAIRS_OF_HOLES,
        images=inpainted(EVALUATED, PROBABILISTIC, FIRST),
        moments=inpainted(MOMENTS, PROBABILISTIC, FIRST),
    ),
    [*SHOWN_IMAGES, "inpainting.data.test"],
    dict(
        named(PROBABILISTIC),
        ours=[name for name in PROBABILISTIC if INPAINTING.methods[name].baseline],
    ),
    needs=NO_POSTERIOR,
)
for name in ("fig4", "fig5"):
    figure(
        name,
        "inpainting",
        dict(pairs=PAIRS_OF_HOLES, latents=inpainted(LATENTS, LATENT, FIRST)),
        SHOWN_IMAGES,
        named(LATENT),
        needs=NO_LATENT,
    )
figure(
    "fig6",
    "inpainting",
    dict(pairs=PAIRS_OF_HOLES, latents=inpainted(LATENTS, ["vsPAIR"], FIRST)),
    SHOWN_IMAGES,
    needs=NO_VSPAIR,
)
figure(
    "fig7",
    "inpainting",
    dict(images=inpainted(EVALUATED, PROBABILISTIC, FIRST)),
    ["seeds", "inpainting.figures", "inpainting.data.test"],
    named(PROBABILISTIC),
    needs=NO_POSTERIOR,
)
figure(
    "fig8",
    "inpainting",
    dict(localisation=inpainted(LOCALISED, LATENT)),
    ["seeds", "inpainting.evaluation.localisation"],
    dict(named(LATENT), runs=told_seeds(LATENT)),
    needs=NO_LATENT,
)
figure(
    "int_fig_gates",
    "inpainting",
    dict(images=inpainted(GATES, SPARSE, FIRST)),
    ["seeds", "inpainting.evaluation.gates"],
    named(SPARSE),
    needs=NO_SPARSE,
)
figure(
    "fig_calibration",
    "inpainting",
    dict(curves=inpainted(CURVES, PROBABILISTIC)),
    ["seeds", "inpainting.evaluation.calibration"],
    dict(named(PROBABILISTIC), runs=told_seeds(PROBABILISTIC)),
    needs=NO_POSTERIOR,
)
figure(
    "fig_reliability",
    "inpainting",
    dict(summaries=inpainted(CALIBRATED, PROBABILISTIC)),
    ["seeds", "inpainting.evaluation.calibration", "inpainting.data.test"],
    dict(
        named(PROBABILISTIC),
        runs=[[run.method, run.data, run.seed] for run in of(PROBABILISTIC, ALL)],
        noise={},
        unit="scale of the model",
    ),
    needs=NO_POSTERIOR,
)
figure_of_repeats(
    "fig_repeated",
    "inpainting",
    lambda run: INPAINTING.label(run.method),
    "scale of the model",
)
figure(
    "fig_posterior",
    "inpainting",
    dict(posteriors=inpainted(POSTERIOR, PROBABILISTIC)),
    ["seeds"],
    dict(
        rows=[run.method for run in of(PROBABILISTIC, ALL)],
        seeds=[run.seed for run in of(PROBABILISTIC, ALL)],
        labels=labels("inpainting", PROBABILISTIC),
    ),
    needs=NO_POSTERIOR,
)
figure(
    "fig_training",
    "inpainting",
    dict(histories=inpainted(HISTORY, INPAINTING.compared)),
    [
        "seeds",
        *(f"inpainting.methods.{name}.training.epochs" for name in INPAINTING.compared),
    ],
    dict(named(list(INPAINTING.compared)), runs=told_seeds(INPAINTING.compared)),
)

# Appendix B, and what the paper leaves open (docs/deviations.md, E5, E14, D1, D2).
SWEEPS = dict(
    hyperprior=("fig12", "methods.vsPAIR.alpha0", "methods.vsPAIR.beta0"),
    lambda3=("fig_lambda3", "methods.vsPAIR.weights.lambda3"),
)
for study, (name, *axes) in SWEEPS.items():
    swept_runs = dict(runs=study_runs("inpainting", study)[0])
    given = {} if NO_VSPAIR else dict(runs=swept("inpainting", study, "vsPAIR", *axes))
    figure(
        name,
        "inpainting",
        swept_runs,
        [f"inpainting.studies.{study}"],
        dict(given, order=list(INPAINTING.compared)),
        needs=NO_VSPAIR,
    )
    table(
        f"table_{name.removeprefix('fig_')}",
        "inpainting",
        swept_runs,
        [f"inpainting.studies.{study}.{key}" for key in ("seeds", "test")],
        given,
        needs=NO_VSPAIR,
        published=name.removeprefix("fig_"),
    )
# Beside Table 3: all combinations of the open choices, and each alone where a preset has that study.
for study in ("choices", "alternatives"):
    if study not in INPAINTING.studies:
        continue
    settings = INPAINTING.studies[study]
    chosen = [name for name in settings.methods if name in INPAINTING.compared]
    paths, told_runs = study_runs("inpainting", study)
    table(
        f"table_{study}",
        "inpainting",
        dict(runs=paths, published=paper_of("inpainting")),
        [f"inpainting.studies.{study}"],
        dict(
            study=f"inpainting.studies.{study}",
            runs=told_runs,
            points={
                run_name(point): {
                    name: run_name(projected(point, name, INPAINTING.methods[name]))
                    for name in chosen
                }
                for point in settings.points()
            },
        ),
        needs=needs_some(chosen, "studied"),
        made_by="scripts/table_choices.py",
    )
if "plus" in INPAINTING.studies:
    paths, told_runs = study_runs("inpainting", "plus")
    table(
        "table_plus",
        "inpainting",
        dict(runs=paths),
        [f"inpainting.studies.plus.{key}" for key in ("seeds", "test")],
        dict(runs=told_runs, labels=labels("inpainting", INPAINTING.compared)),
        needs=needs_some(told_runs, "studied"),
    )
