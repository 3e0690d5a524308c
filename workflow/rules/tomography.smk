# Computed tomography (Section 4.2).

from vspair.problems.tomography.scans import VARIABLE

TOMOGRAPHY = CONFIG.tomography
CT = f"{RESULTS}/tomography"
SLICES = TOMOGRAPHY.data
LEVELS = TOMOGRAPHY.usual_datasets()
SCANNED = runs("tomography")
ON_LEVELS = runs("tomography", data=LEVELS, seeds=SEEDS[:1])
# Figures 10 and 11 show vsPAIR under variable noise.
VARIED = [
    run
    for run in runs(
        "tomography",
        lambda method: method.latent and not method.baseline,
        [VARIABLE],
        SEEDS[:1],
    )
]
NO_VARIED = (
    None if VARIED else f"needs a latent method of the paper on the data set {VARIABLE}"
)
NO_LEVELS = None if ON_LEVELS else "needs a method on the data sets of noise levels"
SIZES = [f"tomography.{key}" for key in ("image", "observation", "scan", "data.seed")]
PER_SLICE = ["tomography.data.train + tomography.data.test"]
PER_BLOCK = [*PER_SLICE, "1 / tomography.data.blocks"]

# Fewest slices that a job can do with say nothing about its result.
config["local"]["slices_needed"] = TOMOGRAPHY.needed()
config["local"]["patients_needed"] = TOMOGRAPHY.needs_patients()


FETCHED = SLICES.source == "lodopab" and SLICES.download
SLICE_PATHS = [] if SLICES.source == "phantoms" else [f"{DATA}/{SLICES.path}"]


def check_source(path):
    """What is wrong with the slices, if anything is."""
    # Here and not above: it draws in the library of HDF5, which made slices do not need.
    from vspair.data.slices import check_slices

    if FETCHED and CONFIG.data_dir and not path.exists():
        raise VspairError(
            f"{path} is missing, and tomography.data.download fetches nothing into a folder that data_dir or "
            "VSPAIR_DATA names: put LoDoPaB-CT's HDF5 files there, or leave both unset to fetch them into data"
        )
    sizes = TOMOGRAPHY.scan.model_dump(include={"pixels", "angles", "bins"})
    check_slices(SLICES.source, path, **sizes)


def slice_source(wildcards):
    """File or folder of the CT slices."""
    return there(SLICE_PATHS, check_source)


if ONLY_PLANNED or FETCHED:
    fetching(
        "scan_download",
        Path(SLICES.path).name,
        SLICE_PATHS,
        [],
        minutes=1440,
        cost={},
    )

stage(
    "scan_slices",
    dict(
        slices=f"{CT}/slices/slices.safetensors",
        split=f"{CT}/slices/split.json",
        receipt=f"{CT}/slices/slices.receipt.json",
    ),
    [
        "tomography.scan",
        "tomography.observation",
        *(
            f"tomography.data.{key}"
            for key in ("source", "path", "train", "test", "seed")
        ),
    ],
    dict(source=slice_source),
    seed=SLICES.seed,
    mem=16000,
    minutes=120,
    cost=dict(time=PER_SLICE, size=PER_SLICE),
)
stage(
    "scan_block",
    dict(
        block=f"{CT}/blocks/block{{block}}.safetensors",
        receipt=f"{CT}/blocks/block{{block}}.receipt.json",
    ),
    [*SIZES, "tomography.data.blocks"],
    dict(slices=rules.scan_slices.output.slices),
    seed=SLICES.seed,
    gpu=GPU,
    mem=6000,
    minutes=120,
    cost=dict(time=PER_BLOCK, size=PER_BLOCK, alike=["tomography.data.source"]),
)
OF_SCANS = dict(
    time=PER_SLICE,
    size=PER_SLICE,
    alike=["tomography.image", "tomography.observation"],
)
stage(
    "scan_pairs",
    dict(
        pairs=f"{CT}/scans/pairs.safetensors",
        receipt=f"{CT}/scans/pairs.receipt.json",
    ),
    [],
    dict(blocks=expand(rules.scan_block.output.block, block=range(SLICES.blocks))),
    cost=OF_SCANS,
)
stage(
    "scan_noise",
    dict(
        pairs=f"{CT}/pairs/{{data}}.safetensors",
        receipt=f"{CT}/pairs/{{data}}.receipt.json",
    ),
    lambda wildcards: [
        "tomography.data.seed",
        "tomography.noise.convention",
        *(["tomography.noise.variable"] if wildcards.data == VARIABLE else []),
    ],
    dict(pairs=rules.scan_pairs.output.pairs),
    seed=SLICES.seed,
    mem=8000,
    cost=OF_SCANS,
)


# The noise data sets are the pairs of this problem.
ruleorder: scan_noise > pairs


INSPECTED["tomography"] = dict(
    keys=[f"figures.{key}" for key in ("perturbed", "steps", "unit", "gate", "top")]
)
OBSERVED["tomography"] = dict(
    keys=["noise.convention"], files=[rules.scan_slices.output.slices]
)


def told_of_runs(found):
    """(method, noise, seed) of each run, the noise as tables name it."""
    return [[run.method, run.data.removeprefix("noise"), run.seed] for run in found]


def scanned(pattern, found=SCANNED):
    return files(pattern, "tomography", found)


LEARNING = [run for run in SCANNED if TOMOGRAPHY.methods[run.method].learns]
SAMPLED = [run for run in SCANNED if TOMOGRAPHY.methods[run.method].probabilistic]
NO_SAMPLED = None if SAMPLED else "needs a probabilistic method"
METHOD_LABELS = labels("tomography", TOMOGRAPHY.compared)


def run_row(run):
    """What the tables call a run's row: `vsPAIR 10`."""
    return f"{run.method} {run.data.removeprefix('noise')}"


ROW_LABELS = {
    run_row(run): f"{METHOD_LABELS[run.method]}, {TOMOGRAPHY.noise_label(run.data)}"
    for run in SCANNED
}

table(
    "table_ct",
    "tomography",
    dict(images=scanned(EVALUATED), split=rules.scan_slices.output.split),
    ["seeds", "tomography.noise.convention"],
    dict(runs=told_of_runs(SCANNED), labels=ROW_LABELS),
    published="table_ct",
)
table(
    "table_ct_uq",
    "tomography",
    dict(summaries=scanned(CALIBRATED, SAMPLED), split=rules.scan_slices.output.split),
    ["seeds", "tomography.evaluation.calibration"],
    dict(runs=told_of_runs(SAMPLED), labels=ROW_LABELS),
    needs=NO_SAMPLED,
)
figure(
    "fig_ct_posterior",
    "tomography",
    dict(posteriors=scanned(POSTERIOR, SAMPLED)),
    ["seeds"],
    dict(
        rows=[run_row(run) for run in SAMPLED],
        seeds=[run.seed for run in SAMPLED],
        labels={run_row(run): ROW_LABELS[run_row(run)] for run in SAMPLED},
    ),
    needs=NO_SAMPLED,
    made_by="scripts/fig_posterior.py",
)
table(
    "table_ct_speed",
    "tomography",
    dict(
        calibrations=scanned(CALIBRATED, SAMPLED),
        evaluations=scanned(SUMMARY, SAMPLED),
        split=rules.scan_slices.output.split,
    ),
    ["seeds", "device"],
    dict(
        rows=[" ".join(run[:2]) for run in told_of_runs(SAMPLED)],
        unit="normalised attenuation",
        labels=ROW_LABELS,
    ),
    needs=NO_SAMPLED,
    made_by="scripts/table_speed.py",
)
table(
    "table_ct_cost",
    "tomography",
    dict(summaries=scanned(SUMMARY), costs=scanned(COST, LEARNING)),
    ["seeds", "device"],
    dict(
        runs=told_of_runs(SCANNED),
        cost_runs=told_of_runs(LEARNING),
        labels=METHOD_LABELS,
    ),
    published="table_ct_cost",
)
figure(
    "fig9",
    "tomography",
    dict(
        pairs=expand(PAIRS, problem="tomography", data=LEVELS),
        images=scanned(EVALUATED, ON_LEVELS),
        moments=scanned(MOMENTS, ON_LEVELS),
    ),
    ["seeds", "tomography.figures.example", "tomography.figures.window"],
    dict(
        runs=told_of_runs(ON_LEVELS),
        methods=list(dict.fromkeys(run.method for run in ON_LEVELS)),
        labels=METHOD_LABELS,
        noise_labels=[
            "Poisson" if data == "noise0" else f"Poisson\n+ {data[5:]} %"
            for data in LEVELS
        ],
    ),
    needs=NO_LEVELS,
)
figure(
    "fig10",
    "tomography",
    dict(
        pairs=expand(PAIRS, problem="tomography", data=VARIABLE),
        images=scanned(EVALUATED, VARIED[:1]),
        moments=scanned(MOMENTS, VARIED[:1]),
    ),
    ["seeds", "tomography.figures.overlays", "tomography.figures.window"],
    needs=NO_VARIED,
)
figure(
    "fig11",
    "tomography",
    dict(latents=scanned(LATENTS, VARIED[:1])),
    ["seeds", "tomography.figures.unit", "tomography.figures.window"],
    needs=NO_VARIED,
)
figure(
    "fig_ct_noise",
    "tomography",
    dict(images=scanned(EVALUATED), split=rules.scan_slices.output.split),
    ["seeds", "tomography.noise.variable"],
    dict(
        runs=told_of_runs(SCANNED),
        methods=list(TOMOGRAPHY.compared),
        labels=METHOD_LABELS,
    ),
)
figure(
    "fig_ct_reliability",
    "tomography",
    dict(summaries=scanned(CALIBRATED, SAMPLED), split=rules.scan_slices.output.split),
    ["seeds"],
    dict(
        runs=[[run.method, run.data, run.seed] for run in SAMPLED],
        order=list(TOMOGRAPHY.compared),
        labels={run.method: METHOD_LABELS[run.method] for run in SAMPLED},
        noise={run.data: TOMOGRAPHY.noise_label(run.data) for run in SAMPLED},
        unit="normalised attenuation",
    ),
    needs=NO_SAMPLED,
    made_by="scripts/fig_reliability.py",
)
figure_of_repeats(
    "fig_ct_repeated",
    "tomography",
    lambda run: f"{METHOD_LABELS[run.method]}\n{TOMOGRAPHY.noise_label(run.data)}",
    "normalised attenuation",
    "tomography.figures.window",
)
