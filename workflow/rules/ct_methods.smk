# Computed tomography (Section 4.2): every method on every noise data set.


rule ct_train:
    input:
        pairs=rules.ct_noise.output.pairs,
    output:
        weights=f"{CT}/runs/{{method}}/noise{{noise}}/seed{{seed}}/weights.safetensors",
        history=f"{CT}/runs/{{method}}/noise{{noise}}/seed{{seed}}/history.csv",
        cost=f"{CT}/runs/{{method}}/noise{{noise}}/seed{{seed}}/cost.json",
        receipt=f"{CT}/runs/{{method}}/noise{{noise}}/seed{{seed}}/train.receipt.json",
    log:
        f"{RESULTS}/logs/ct/train/{{method}}-noise{{noise}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/train/{{method}}-noise{{noise}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=24000,
        runtime=2880,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/ct_train.py",
            [
                "precision",
                *scan_keys(wildcards.method),
                *(["ct.choices"] if METHODS[wildcards.method].probabilistic else []),
            ],
            entries=[f"vspair.models:{METHODS[wildcards.method].kind}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/ct_train.py"


rule ct_evaluate:
    input:
        pairs=rules.ct_noise.output.pairs,
        weights=scan_weights,
    output:
        images=f"{CT}/evaluations/{{method}}/noise{{noise}}/seed{{seed}}/images.csv",
        moments=f"{CT}/evaluations/{{method}}/noise{{noise}}/seed{{seed}}/moments.safetensors",
        summary=f"{CT}/evaluations/{{method}}/noise{{noise}}/seed{{seed}}/summary.json",
        receipt=f"{CT}/evaluations/{{method}}/noise{{noise}}/seed{{seed}}/evaluate.receipt.json",
    log:
        f"{RESULTS}/logs/ct/evaluate/{{method}}-noise{{noise}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/evaluate/{{method}}-noise{{noise}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=12000,
        runtime=120,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/ct_evaluate.py",
            [
                "precision",
                *scan_keys(wildcards.method),
                *(
                    ["ct.evaluation.samples"]
                    if METHODS[wildcards.method].probabilistic
                    else []
                ),
                "ct.evaluation.batch_size",
            ],
            entries=[f"vspair.models:{METHODS[wildcards.method].kind}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/ct_evaluate.py"


rule ct_calibrate:
    input:
        pairs=rules.ct_noise.output.pairs,
        weights=scan_weights,
    output:
        images=f"{CT}/calibrations/{{method}}/noise{{noise}}/seed{{seed}}/images.csv",
        curves=f"{CT}/calibrations/{{method}}/noise{{noise}}/seed{{seed}}/curves.csv",
        summary=f"{CT}/calibrations/{{method}}/noise{{noise}}/seed{{seed}}/summary.json",
        receipt=f"{CT}/calibrations/{{method}}/noise{{noise}}/seed{{seed}}/calibrate.receipt.json",
    log:
        f"{RESULTS}/logs/ct/calibrate/{{method}}-noise{{noise}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/calibrate/{{method}}-noise{{noise}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=12000,
        runtime=120,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/ct_calibrate.py",
            [
                "precision",
                *scan_keys(wildcards.method),
                "ct.evaluation.calibration",
                "ct.evaluation.batch_size",
            ],
            entries=[f"vspair.models:{METHODS[wildcards.method].kind}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/ct_calibrate.py"


rule ct_latents:
    input:
        pairs=rules.ct_noise.output.pairs,
        weights=scan_weights,
    output:
        latents=f"{CT}/latents/{{method}}/noise{{noise}}/seed{{seed}}/latents.safetensors",
        receipt=f"{CT}/latents/{{method}}/noise{{noise}}/seed{{seed}}/latents.receipt.json",
    log:
        f"{RESULTS}/logs/ct/latents/{{method}}-noise{{noise}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ct/latents/{{method}}-noise{{noise}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=12000,
        runtime=30,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/ct_latents.py",
            [
                "precision",
                *scan_keys(wildcards.method),
                *(
                    f"ct.figures.{key}"
                    for key in ("perturbed", "steps", "unit", "gate", "top")
                ),
            ],
            entries=[f"vspair.models:{METHODS[wildcards.method].kind}"],
            seed=int(wildcards.seed),
            stochastic=False,
        ),
    script:
        "../../scripts/ct_latents.py"
