# Blind inpainting: what the latents hold (Tables 4 and 5, Figures 4, 5, 6 and 8).


rule localise:
    input:
        pairs=rules.pairs.output.pairs,
        weights=rules.train.output.weights,
    output:
        images=f"{INPAINTING}/localisations/{{model}}/seed{{seed}}/localisation.csv",
        receipt=f"{INPAINTING}/localisations/{{model}}/seed{{seed}}/localise.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/localise/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/localise/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=60,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/localise.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.evaluation.samples",
                "inpainting.evaluation.batch_size",
                "inpainting.evaluation.localisation",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/localise.py"


rule latents:
    input:
        pairs=rules.pairs.output.pairs,
        weights=rules.train.output.weights,
        localisation=rules.localise.output.images,
    output:
        latents=f"{INPAINTING}/latents/{{model}}/seed{{seed}}/latents.safetensors",
        receipt=f"{INPAINTING}/latents/{{model}}/seed{{seed}}/latents.receipt.json",
    log:
        f"{RESULTS}/logs/inpainting/latents/{{model}}-seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/inpainting/latents/{{model}}-seed{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: CONFIG.threads
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=60,
    params:
        evidence=lambda wildcards: evidence(
            "scripts/latents.py",
            [
                "precision",
                "inpainting.image",
                "inpainting.data.scale",
                f"inpainting.models.{wildcards.model}",
                "inpainting.evaluation.samples",
                "inpainting.evaluation.localisation",
                "inpainting.figures.examples",
                "inpainting.figures.levels",
                "inpainting.figures.localised",
            ],
            entries=[f"vspair.models:{wildcards.model}"],
            seed=int(wildcards.seed),
            stochastic=True,
        ),
    script:
        "../../scripts/latents.py"


rule table4:
    input:
        images=expand(rules.evaluate.output.images, model=LATENT, seed=SEEDS),
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table4.csv",
            caption="../report/table4.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table4.md",
        tex=f"{TABLE}/table4.tex",
        receipt=f"{TABLE}/table4.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table4.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table4.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=LATENT,
        labels=LABELS,
        evidence=evidence("scripts/table4.py", ["seeds", *conditions("table4")]),
    script:
        "../../scripts/table4.py"


rule table5:
    input:
        images=expand(rules.localise.output.images, model=LATENT, seed=SEEDS),
        published=PUBLISHED,
    output:
        csv=report(
            f"{TABLE}/table5.csv",
            caption="../report/table5.rst",
            category="Blind inpainting",
            subcategory="Tables",
        ),
        md=f"{TABLE}/table5.md",
        tex=f"{TABLE}/table5.tex",
        receipt=f"{TABLE}/table5.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table5.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table5.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=LATENT,
        labels=LABELS,
        evidence=evidence("scripts/table5.py", ["seeds", *conditions("table5")]),
    script:
        "../../scripts/table5.py"


rule fig4:
    input:
        pairs=rules.pairs.output.pairs,
        latents=expand(rules.latents.output.latents, model=LATENT, seed=SEEDS[0]),
    output:
        png=report(
            f"{FIGURE}/fig4.png",
            caption="../report/fig4.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig4.pdf",
        csv=f"{FIGURE}/fig4.csv",
        receipt=f"{FIGURE}/fig4.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig4.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig4.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=LATENT,
        labels=LABELS,
        order=MODELS,
        evidence=evidence(
            "scripts/fig4.py", ["seeds", "inpainting.data.scale", "inpainting.figures"]
        ),
    script:
        "../../scripts/fig4.py"


rule fig5:
    input:
        pairs=rules.pairs.output.pairs,
        latents=expand(rules.latents.output.latents, model=LATENT, seed=SEEDS[0]),
    output:
        png=report(
            f"{FIGURE}/fig5.png",
            caption="../report/fig5.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig5.pdf",
        csv=f"{FIGURE}/fig5.csv",
        receipt=f"{FIGURE}/fig5.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig5.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig5.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        models=LATENT,
        labels=LABELS,
        order=MODELS,
        evidence=evidence(
            "scripts/fig5.py", ["seeds", "inpainting.data.scale", "inpainting.figures"]
        ),
    script:
        "../../scripts/fig5.py"


rule fig6:
    input:
        pairs=rules.pairs.output.pairs,
        latents=expand(rules.latents.output.latents, model="vsPAIR", seed=SEEDS[0]),
    output:
        png=report(
            f"{FIGURE}/fig6.png",
            caption="../report/fig6.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig6.pdf",
        csv=f"{FIGURE}/fig6.csv",
        receipt=f"{FIGURE}/fig6.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig6.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig6.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence(
            "scripts/fig6.py", ["seeds", "inpainting.data.scale", "inpainting.figures"]
        ),
    script:
        "../../scripts/fig6.py"


rule fig8:
    input:
        localisation=expand(rules.localise.output.images, model=LATENT, seed=SEEDS),
    output:
        png=report(
            f"{FIGURE}/fig8.png",
            caption="../report/fig8.rst",
            category="Blind inpainting",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig8.pdf",
        csv=f"{FIGURE}/fig8.csv",
        receipt=f"{FIGURE}/fig8.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig8.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig8.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        runs=[[model, seed] for model in LATENT for seed in SEEDS],
        labels=LABELS,
        order=MODELS,
        evidence=evidence("scripts/fig8.py", ["seeds"]),
    script:
        "../../scripts/fig8.py"
