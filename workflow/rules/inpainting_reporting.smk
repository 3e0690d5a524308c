# Blind inpainting (Section 4.1): tables and figures.

TABLE = f"{RESULTS}/tables"
FIGURE = f"{RESULTS}/figures"
PROBABILISTIC = [
    model for model in ("vsPAIR", "vPAIR", "sVAE") if model in MODELS
]  # rows of Figure 3


rule table3:
    input:
        images=expand(rules.evaluate.output.images, model=MODELS, seed=CONFIG.seeds),
        summaries=expand(rules.evaluate.output.summary, model=MODELS, seed=CONFIG.seeds),
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table3.csv",
            caption="../report/table3.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table3.md",
        tex=f"{TABLE}/table3.tex",
        receipt=f"{TABLE}/table3.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table3.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table3.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=MODELS,
        evidence=evidence(
            "scripts/table3.py",
            ["seeds", "inpainting.data.scale", *conditions("table3")],
        ),
    script:
        "../../scripts/table3.py"


rule table8:
    input:
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table8.csv",
            caption="../report/table8.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table8.md",
        tex=f"{TABLE}/table8.tex",
        receipt=f"{TABLE}/table8.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table8.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table8.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence(
            "scripts/table8.py",
            ["inpainting.image", "inpainting.models"],
            entries=[f"vspair.models.zoo:{model}" for model in MODELS],
        ),
    script:
        "../../scripts/table8.py"


rule fig3:
    input:
        pairs=rules.pairs.output.pairs,
        images=expand(
            rules.evaluate.output.images, model=PROBABILISTIC, seed=CONFIG.seeds[0]
        ),
        moments=expand(
            rules.evaluate.output.moments, model=PROBABILISTIC, seed=CONFIG.seeds[0]
        ),
    output:
        png=report(
            f"{FIGURE}/fig3.png",
            caption="../report/fig3.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig3.pdf",
        csv=f"{FIGURE}/fig3.csv",
        receipt=f"{FIGURE}/fig3.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig3.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig3.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=PROBABILISTIC,
        evidence=evidence(
            "scripts/fig3.py", ["seeds", "inpainting.data.scale", "inpainting.figures"]
        ),
    script:
        "../../scripts/fig3.py"


rule fig_training:
    input:
        histories=expand(rules.train.output.history, model=MODELS, seed=CONFIG.seeds),
    output:
        png=report(
            f"{FIGURE}/fig_training.png",
            caption="../report/fig_training.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig_training.pdf",
        csv=f"{FIGURE}/fig_training.csv",
        receipt=f"{FIGURE}/fig_training.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig_training.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig_training.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=[[model, seed] for model in MODELS for seed in CONFIG.seeds],
        evidence=evidence("scripts/fig_training.py", ["seeds"]),
    script:
        "../../scripts/fig_training.py"
