# Blind inpainting: uncertainty and its calibration (Figures 3 and 7, the yardsticks of ours).


rule calibrate:
    input:
        pairs=rules.pairs.output.pairs,
        weights=rules.train.output.weights,
    output:
        images=f"{INPAINTING}/calibrations/{{model}}/seed{{seed}}/images.csv",
        curves=f"{INPAINTING}/calibrations/{{model}}/seed{{seed}}/curves.csv",
        summary=f"{INPAINTING}/calibrations/{{model}}/seed{{seed}}/summary.json",
        receipt=f"{INPAINTING}/calibrations/{{model}}/seed{{seed}}/calibrate.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/calibrate/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/calibrate/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=60,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/calibrate.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.evaluation.batch_size",
                "inpainting.evaluation.calibration",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/calibrate.py"


rule fig3:
    input:
        pairs=rules.pairs.output.pairs,
        images=expand(rules.evaluate.output.images, model=PROBABILISTIC, seed=SEEDS[0]),
        moments=expand(
            rules.evaluate.output.moments, model=PROBABILISTIC, seed=SEEDS[0]
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
        labels=LABELS,
        order=MODELS,
        evidence=evidence(
            "scripts/fig3.py", ["seeds", "inpainting.data.scale", "inpainting.figures"]
        ),
    script:
        "../../scripts/fig3.py"


rule fig7:
    input:
        images=expand(rules.evaluate.output.images, model=PROBABILISTIC, seed=SEEDS[0]),
    output:
        png=report(
            f"{FIGURE}/fig7.png",
            caption="../report/fig7.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig7.pdf",
        csv=f"{FIGURE}/fig7.csv",
        receipt=f"{FIGURE}/fig7.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig7.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig7.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=PROBABILISTIC,
        labels=LABELS,
        order=MODELS,
        evidence=evidence("scripts/fig7.py", ["seeds", "inpainting.figures"]),
    script:
        "../../scripts/fig7.py"


rule table_fig7:
    input:
        images=expand(rules.evaluate.output.images, model=PROBABILISTIC, seed=SEEDS),
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table_fig7.csv",
            caption="../report/table_fig7.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table_fig7.md",
        tex=f"{TABLE}/table_fig7.tex",
        receipt=f"{TABLE}/table_fig7.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_fig7.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_fig7.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=PROBABILISTIC,
        labels=LABELS,
        evidence=evidence("scripts/table_fig7.py", ["seeds", *conditions("fig7")]),
    script:
        "../../scripts/table_fig7.py"


rule table_uq:
    input:
        summaries=expand(
            rules.calibrate.output.summary, model=PROBABILISTIC, seed=SEEDS
        ),
    output:
        csv=report(
            f"{TABLE}/table_uq.csv",
            caption="../report/table_uq.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table_uq.md",
        tex=f"{TABLE}/table_uq.tex",
        receipt=f"{TABLE}/table_uq.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_uq.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_uq.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=PROBABILISTIC,
        labels=LABELS,
        evidence=evidence(
            "scripts/table_uq.py", ["seeds", "inpainting.evaluation.calibration"]
        ),
    script:
        "../../scripts/table_uq.py"


rule fig_calibration:
    input:
        curves=expand(rules.calibrate.output.curves, model=PROBABILISTIC, seed=SEEDS),
    output:
        png=report(
            f"{FIGURE}/fig_calibration.png",
            caption="../report/fig_calibration.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig_calibration.pdf",
        csv=f"{FIGURE}/fig_calibration.csv",
        receipt=f"{FIGURE}/fig_calibration.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig_calibration.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig_calibration.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=[[model, seed] for model in PROBABILISTIC for seed in SEEDS],
        labels=LABELS,
        order=MODELS,
        evidence=evidence("scripts/fig_calibration.py", ["seeds"]),
    script:
        "../../scripts/fig_calibration.py"
