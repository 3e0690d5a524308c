# Benchmarks, each on an otherwise idle machine, with receipts: `snakemake speed`.

# What each is told.
DEVICE = ["--device", CONFIG.device]
MEASURED = dict(
    floors=[],
    training=DEVICE,
    localisation=DEVICE,
    factored=DEVICE,
    projection=DEVICE,
    stacks=[],
    audit=[],
    starts=[],
)
KINDS = sorted(
    {
        method.kind
        for problem in CONFIG.inverse_problems.values()
        for method in problem.methods.values()
    }
)
SPEED = f"{RESULTS}/speed/{{benchmark}}"


wildcard_constraints:
    benchmark="|".join(MEASURED),


stage(
    "speed_run",
    dict(printed=f"{SPEED}.txt", receipt=f"{SPEED}.receipt.json"),
    ["device", "precision"],
    dict(starter=str(ROOT / "scripts/speed.py")),
    # Kinds of methods are loaded by name.
    [path(kind) for kind in KINDS for path in (model_path, settings_path)],
    given=dict(
        command=lambda wildcards: [
            f"benchmarks/{wildcards.benchmark}.py",
            *MEASURED[wildcards.benchmark],
        ]
    ),
    made_by="scripts/speed.py",
    covers=lambda wildcards: f"benchmarks/{wildcards.benchmark}.py",
    # All there are, so that no other job runs meanwhile.
    threads=workflow.cores or 1,
    gpu=GPU,
    mem=12000,
    minutes=120,
    cost=dict(per=["benchmark"]),
)


rule speed:
    input:
        expand(f"{SPEED}.txt", benchmark=MEASURED),
    localrule: True
