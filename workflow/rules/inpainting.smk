# Blind inpainting (Section 4.1): data, training, evaluation.

INPAINTING = f"{RESULTS}/inpainting"
TABLE = f"{RESULTS}/tables"
FIGURE = f"{RESULTS}/figures"
MODELS = list(CONFIG.inpainting.models)
PAPER = [model for model in MODELS if model not in BASELINES]
# Rows of Figure 3, in the paper's order, and ours below; the last has no latent space.
PROBABILISTIC = ["vsPAIR", "vPAIR", "sVAE", "CVAE", "Ensemble"]
LATENT = PROBABILISTIC[:-1]
SEEDS = CONFIG.seeds
LABELS = {model: f"{model} (ours)" if model in BASELINES else model for model in MODELS}


wildcard_constraints:
    model="|".join(MODELS),
    study="|".join(CONFIG.inpainting.studies),
    run="[^/]+",
    seed=r"\d+",
    folder="|".join(FOLDERS.values()),


rule download:
    output:
        images=f"{DATA}/{{folder}}/raw/train-images-idx3-ubyte",
        labels=f"{DATA}/{{folder}}/raw/train-labels-idx1-ubyte",
        receipt=f"{DATA}/{{folder}}/raw/download.receipt.json",
    log:
        f"{DATA}/{{folder}}/download.log",
    benchmark:
        f"{DATA}/{{folder}}/download.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence("scripts/download.py", []),
    script:
        "../../scripts/download.py"


rule pairs:
    input:
        sources(CONFIG.inpainting.data.source),
    output:
        pairs=f"{INPAINTING}/pairs/pairs.safetensors",
        receipt=f"{INPAINTING}/pairs/pairs.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/pairs.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/pairs.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence(
            "scripts/pairs.py",
            ["inpainting.image", "inpainting.data"],
            seed=CONFIG.inpainting.data.seed,
            stochastic=True,
        ),
    script:
        "../../scripts/pairs.py"


rule train:
    input:
        pairs=rules.pairs.output.pairs,
    output:
        weights=f"{INPAINTING}/runs/{{model}}/seed{{seed}}/weights.safetensors",
        history=f"{INPAINTING}/runs/{{model}}/seed{{seed}}/history.csv",
        receipt=f"{INPAINTING}/runs/{{model}}/seed{{seed}}/train.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/train/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/train/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=240,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/train.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.choices",
                "inpainting.training",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/train.py"


rule evaluate:
    input:
        pairs=rules.pairs.output.pairs,
        weights=rules.train.output.weights,
    output:
        images=f"{INPAINTING}/evaluations/{{model}}/seed{{seed}}/images.csv",
        moments=f"{INPAINTING}/evaluations/{{model}}/seed{{seed}}/moments.safetensors",
        summary=f"{INPAINTING}/evaluations/{{model}}/seed{{seed}}/summary.json",
        receipt=f"{INPAINTING}/evaluations/{{model}}/seed{{seed}}/evaluate.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/evaluate/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/evaluate/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=60,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/evaluate.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.evaluation.samples",
                "inpainting.evaluation.batch_size",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/evaluate.py"


rule aggregate:
    input:
        images=expand(
            rules.evaluate.output.images, seed=CONFIG.seeds, allow_missing=True
        ),
    output:
        images=f"{INPAINTING}/evaluations/{{model}}/images.csv",
        receipt=f"{INPAINTING}/evaluations/{{model}}/aggregate.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/aggregate/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/aggregate/{{model}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence("scripts/aggregate.py", ["seeds"]),
    script:
        "../../scripts/aggregate.py"
