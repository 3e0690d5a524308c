# Computed tomography (Section 4.2): from slices to noisy observations.

CT = f"{RESULTS}/ct"
METHODS = CONFIG.ct.methods
NOISES = list(CONFIG.ct.noise.names())


wildcard_constraints:
    method="|".join(METHODS),
    noise="|".join(re.escape(name) for name in NOISES),
    block=r"\d+",


if CONFIG.ct.data.source == "lodopab" and CONFIG.ct.data.download:

    rule ct_download:
        # Not the folder itself: Snakemake deletes the outputs of a rule before it runs again.
        output:
            listing=f"{DATA}/{CONFIG.ct.data.path}.files.json",
            receipt=f"{DATA}/{CONFIG.ct.data.path}.receipt.json",
        log:
            f"{DATA}/{CONFIG.ct.data.path}.log",
        benchmark:
            f"{DATA}/{CONFIG.ct.data.path}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0,
            mem_mb=4000,
            runtime=1440,
        params:
            evidence=evidence("scripts/ct_download.py", []),
        script:
            "../../scripts/ct_download.py"


rule ct_slices:
    input:
        source=slice_source,
    output:
        slices=f"{CT}/slices/slices.safetensors",
        split=f"{CT}/slices/split.json",
        receipt=f"{CT}/slices/slices.receipt.json",
    log:
        f"{RESULTS}/logs/ct/slices.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/slices.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=16000,
        runtime=120,
    params:
        evidence=evidence(
            "scripts/ct_slices.py",
            [
                "ct.scan",
                "ct.observation",
                *(
                    f"ct.data.{key}"
                    for key in ("source", "path", "train", "test", "seed")
                ),
            ],
            seed=CONFIG.ct.data.seed,
            stochastic=True,
        ),
    script:
        "../../scripts/ct_slices.py"


rule ct_block:
    input:
        slices=rules.ct_slices.output.slices,
    output:
        block=f"{CT}/blocks/block{{block}}.safetensors",
        receipt=f"{CT}/blocks/block{{block}}.receipt.json",
    log:
        f"{RESULTS}/logs/ct/blocks/block{{block}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/blocks/block{{block}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=GPU,
        mem_mb=6000,
        runtime=120,
    params:
        evidence=evidence(
            "scripts/ct_block.py",
            [
                "ct.image",
                "ct.observation",
                "ct.scan",
                "ct.data.blocks",
                "ct.data.seed",
            ],
            seed=CONFIG.ct.data.seed,
            stochastic=True,
        ),
    script:
        "../../scripts/ct_block.py"


rule ct_pairs:
    input:
        blocks=expand(rules.ct_block.output.block, block=range(CONFIG.ct.data.blocks)),
    output:
        pairs=f"{CT}/pairs/pairs.safetensors",
        receipt=f"{CT}/pairs/pairs.receipt.json",
    log:
        f"{RESULTS}/logs/ct/pairs.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/pairs.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=30,
    params:
        evidence=evidence("scripts/ct_pairs.py", []),
    script:
        "../../scripts/ct_pairs.py"


rule ct_noise:
    input:
        pairs=rules.ct_pairs.output.pairs,
    output:
        pairs=f"{CT}/noise/{{noise}}.safetensors",
        receipt=f"{CT}/noise/{{noise}}.receipt.json",
    log:
        f"{RESULTS}/logs/ct/noise/{{noise}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/noise/{{noise}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=8000,
        runtime=30,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/ct_noise.py",
            [
                "ct.data.seed",
                "ct.noise.convention",
                *(["ct.noise.variable"] if wildcards.noise == VARIABLE else []),
            ],
            seed=CONFIG.ct.data.seed,
            stochastic=True,
        ),
    script:
        "../../scripts/ct_noise.py"
