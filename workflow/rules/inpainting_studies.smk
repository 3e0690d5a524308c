# Blind inpainting: trainings with settings varied (Appendix B; ERRATA E5, E14).


rule study:
    input:
        pairs=rules.pairs.output.pairs,
    output:
        images=f"{INPAINTING}/studies/{{study}}/{{run}}/{{model}}/seed{{seed}}/images.csv",
        history=f"{INPAINTING}/studies/{{study}}/{{run}}/{{model}}/seed{{seed}}/history.csv",
        receipt=f"{INPAINTING}/studies/{{study}}/{{run}}/{{model}}/seed{{seed}}/study.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/study/{{study}}/{{run}}/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/study/{{study}}/{{run}}/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=240,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/study.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.choices",
                "inpainting.training",
                "inpainting.evaluation.samples",
                "inpainting.evaluation.batch_size",
                f"inpainting.studies.{wildcards.study}.base",
                f"inpainting.studies.{wildcards.study}.train",
                f"inpainting.studies.{wildcards.study}.test",
                f"inpainting.studies.{wildcards.study}.seeds",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/study.py"


rule fig12:
    input:
        runs=study_runs("hyperprior")[0],
    output:
        png=report(
            f"{FIGURE}/fig12.png",
            caption="../report/fig12.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig12.pdf",
        csv=f"{FIGURE}/fig12.csv",
        receipt=f"{FIGURE}/fig12.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig12.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig12.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=swept(
            "hyperprior", "vsPAIR", "models.vsPAIR.alpha0", "models.vsPAIR.beta0"
        ),
        evidence=evidence("scripts/fig12.py", ["inpainting.studies.hyperprior"]),
    script:
        "../../scripts/fig12.py"


rule table_fig12:
    input:
        runs=study_runs("hyperprior")[0],
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table_fig12.csv",
            caption="../report/table_fig12.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table_fig12.md",
        tex=f"{TABLE}/table_fig12.tex",
        receipt=f"{TABLE}/table_fig12.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_fig12.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_fig12.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=swept(
            "hyperprior", "vsPAIR", "models.vsPAIR.alpha0", "models.vsPAIR.beta0"
        ),
        evidence=evidence(
            "scripts/table_fig12.py",
            ["inpainting.studies.hyperprior.seeds", *conditions("fig12")],
        ),
    script:
        "../../scripts/table_fig12.py"


rule fig_lambda3:
    input:
        runs=study_runs("lambda3")[0],
    output:
        png=report(
            f"{FIGURE}/fig_lambda3.png",
            caption="../report/fig_lambda3.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig_lambda3.pdf",
        csv=f"{FIGURE}/fig_lambda3.csv",
        receipt=f"{FIGURE}/fig_lambda3.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig_lambda3.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig_lambda3.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=swept("lambda3", "vsPAIR", "models.vsPAIR.weights.lambda3"),
        order=MODELS,
        evidence=evidence("scripts/fig_lambda3.py", ["inpainting.studies.lambda3"]),
    script:
        "../../scripts/fig_lambda3.py"


rule table_lambda3:
    input:
        runs=study_runs("lambda3")[0],
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table_lambda3.csv",
            caption="../report/table_lambda3.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table_lambda3.md",
        tex=f"{TABLE}/table_lambda3.tex",
        receipt=f"{TABLE}/table_lambda3.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_lambda3.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_lambda3.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=swept("lambda3", "vsPAIR", "models.vsPAIR.weights.lambda3"),
        evidence=evidence(
            "scripts/table_lambda3.py",
            ["inpainting.studies.lambda3.seeds", *conditions("lambda3")],
        ),
    script:
        "../../scripts/table_lambda3.py"


rule table_choices:
    input:
        runs=study_runs("choices")[0],
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table_choices.csv",
            caption="../report/table_choices.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table_choices.md",
        tex=f"{TABLE}/table_choices.tex",
        receipt=f"{TABLE}/table_choices.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_choices.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_choices.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=study_runs("choices")[1],
        points={
            run_name(point): {
                model: run_name(
                    CONFIG.inpainting.studies["choices"].projected(point, model)
                )
                for model in CONFIG.inpainting.studies["choices"].models
            }
            for point in CONFIG.inpainting.studies["choices"].points()
        },
        evidence=evidence(
            "scripts/table_choices.py",
            ["inpainting.studies.choices"],
        ),
    script:
        "../../scripts/table_choices.py"
