# Blind inpainting: reconstruction (Tables 3 and 8, the training histories).


rule table3:
    input:
        images=expand(rules.evaluate.output.images, model=MODELS, seed=SEEDS),
        summaries=expand(rules.evaluate.output.summary, model=MODELS, seed=SEEDS),
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
        labels=LABELS,
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
        labels=LABELS,
        evidence=evidence(
            "scripts/table8.py",
            ["inpainting.image", "inpainting.models"],
            entries=[f"vspair.models:{model}" for model in MODELS],
        ),
    script:
        "../../scripts/table8.py"


rule fig_training:
    input:
        histories=expand(rules.train.output.history, model=MODELS, seed=SEEDS),
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
        runs=[[model, seed] for model in MODELS for seed in SEEDS],
        labels=LABELS,
        evidence=evidence("scripts/fig_training.py", ["seeds"]),
    script:
        "../../scripts/fig_training.py"
