# Benchmarks, each on an otherwise idle machine, with receipts: `snakemake speed`.

# Those that compare two ways in one run, and whether they know devices.
MEASURED = dict(
    floors=False,
    training=True,
    localisation=True,
    factored=True,
    projection=True,
    audit=False,
    starts=False,
)
SPEED = f"{RESULTS}/speed/{{benchmark}}"


wildcard_constraints:
    benchmark="|".join(MEASURED),


def command_of(wildcards):
    """Arguments of Python."""
    name = wildcards.benchmark
    return [
        f"benchmarks/{name}.py",
        *(["--device", CONFIG.device] if MEASURED[name] else []),
    ]


stage(
    "speed_run",
    dict(printed=f"{SPEED}.txt", receipt=f"{SPEED}.receipt.json"),
    ["device", "precision"],
    dict(
        benchmark=str(ROOT / "benchmarks/{benchmark}.py"),
        subjects=str(ROOT / "benchmarks/subjects.py"),
    ),
    given=dict(command=command_of),
    made_by="scripts/speed.py",
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
