# Computed tomography (Section 4.2): tables and figures.

TRAINED_ON_LEVELS = [method for method in METHODS if on_levels(METHODS[method])]
VARIABLE_VSPAIR = [
    method
    for method, settings in METHODS.items()
    if (settings.kind, settings.trained_on) == ("vsPAIR", "variable")
]
LEVELS = [noise for noise in NOISES if noise != VARIABLE]
NOISE_LABELS = {
    name: "Poisson" if name == "0" else f"Poisson\n+ {name} %" for name in LEVELS
}
METHOD_LABELS = {
    "TV": "TV (ours)",
    "UNet": "U-Net (ours)",
    "vsPAIR_sparse": "vsPAIR, sparse",
}
ROW_LABELS = {
    f"{method} {noise}": f"{METHOD_LABELS.get(method, method)}, "
    + (
        "{:g} to {:g} %".format(*CONFIG.ct.noise.variable)
        if noise == VARIABLE
        else f"{noise} %"
    )
    for method, noise in CONFIG.ct.runs()
}


rule table_ct:
    input:
        images=scan_runs(rules.ct_evaluate.output.images)[0],
        split=rules.ct_slices.output.split,
        published=PUBLISHED,
    output:
        csv=f"{TABLE}/table_ct.csv",
        md=report(
            f"{TABLE}/table_ct.md",
            caption="../report/table_ct.rst",
            category="Computed tomography",
            subcategory="Tables",
        ),
        tex=f"{TABLE}/table_ct.tex",
        receipt=f"{TABLE}/table_ct.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_ct.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_ct.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        runs=scan_runs(rules.ct_evaluate.output.images)[1],
        labels=ROW_LABELS,
        evidence=evidence(
            "scripts/table_ct.py",
            ["seeds", "ct.noise.convention", *conditions("table_ct")],
        ),
    script:
        "../../scripts/table_ct.py"


rule table_ct_uq:
    input:
        summaries=scan_runs(
            rules.ct_calibrate.output.summary, lambda method: method.probabilistic
        )[0],
    output:
        csv=f"{TABLE}/table_ct_uq.csv",
        md=report(
            f"{TABLE}/table_ct_uq.md",
            caption="../report/table_ct_uq.rst",
            category="Computed tomography",
            subcategory="Tables",
        ),
        tex=f"{TABLE}/table_ct_uq.tex",
        receipt=f"{TABLE}/table_ct_uq.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_ct_uq.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_ct_uq.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        runs=scan_runs(
            rules.ct_calibrate.output.summary, lambda method: method.probabilistic
        )[1],
        labels=ROW_LABELS,
        evidence=evidence("scripts/table_ct_uq.py", ["seeds"]),
    script:
        "../../scripts/table_ct_uq.py"


rule table_ct_cost:
    input:
        summaries=scan_runs(rules.ct_evaluate.output.summary)[0],
        costs=scan_runs(rules.ct_train.output.cost, lambda method: method.learns)[0],
        published=PUBLISHED,
    output:
        csv=f"{TABLE}/table_ct_cost.csv",
        md=report(
            f"{TABLE}/table_ct_cost.md",
            caption="../report/table_ct_cost.rst",
            category="Computed tomography",
            subcategory="Tables",
        ),
        tex=f"{TABLE}/table_ct_cost.tex",
        receipt=f"{TABLE}/table_ct_cost.receipt.json",
    log:
        f"{RESULTS}/logs/tables/table_ct_cost.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table_ct_cost.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        runs=scan_runs(rules.ct_evaluate.output.summary)[1],
        cost_runs=scan_runs(rules.ct_train.output.cost, lambda method: method.learns)[1],
        labels=METHOD_LABELS,
        evidence=evidence(
            "scripts/table_ct_cost.py",
            ["seeds", "device", *conditions("table_ct_cost")],
        ),
    script:
        "../../scripts/table_ct_cost.py"


rule fig9:
    input:
        pairs=expand(rules.ct_noise.output.pairs, noise=LEVELS),
        images=scan_runs(rules.ct_evaluate.output.images, on_levels, SEEDS[:1])[0],
        moments=scan_runs(
            rules.ct_evaluate.output.moments,
            on_levels,
            SEEDS[:1],
        )[0],
    output:
        png=report(
            f"{FIGURE}/fig9.png",
            caption="../report/fig9.rst",
            category="Computed tomography",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig9.pdf",
        csv=f"{FIGURE}/fig9.csv",
        receipt=f"{FIGURE}/fig9.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig9.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig9.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        runs=scan_runs(rules.ct_evaluate.output.images, on_levels, SEEDS[:1])[1],
        methods=TRAINED_ON_LEVELS,
        labels=METHOD_LABELS,
        noises=LEVELS,
        noise_labels=NOISE_LABELS,
        evidence=evidence(
            "scripts/fig9.py", ["seeds", "ct.figures.example", "ct.figures.window"]
        ),
    script:
        "../../scripts/fig9.py"


rule fig10:
    input:
        pairs=expand(rules.ct_noise.output.pairs, noise=VARIABLE),
        images=expand(
            rules.ct_evaluate.output.images,
            method=VARIABLE_VSPAIR[0],
            noise=VARIABLE,
            seed=SEEDS[0],
        ),
        moments=expand(
            rules.ct_evaluate.output.moments,
            method=VARIABLE_VSPAIR[0],
            noise=VARIABLE,
            seed=SEEDS[0],
        ),
    output:
        png=report(
            f"{FIGURE}/fig10.png",
            caption="../report/fig10.rst",
            category="Computed tomography",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig10.pdf",
        csv=f"{FIGURE}/fig10.csv",
        receipt=f"{FIGURE}/fig10.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig10.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig10.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        method=VARIABLE_VSPAIR[0],
        evidence=evidence(
            "scripts/fig10.py", ["seeds", "ct.figures.overlays", "ct.figures.window"]
        ),
    script:
        "../../scripts/fig10.py"


rule fig11:
    input:
        latents=expand(
            rules.ct_latents.output.latents,
            method=VARIABLE_VSPAIR[0],
            noise=VARIABLE,
            seed=SEEDS[0],
        ),
    output:
        png=report(
            f"{FIGURE}/fig11.png",
            caption="../report/fig11.rst",
            category="Computed tomography",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig11.pdf",
        csv=f"{FIGURE}/fig11.csv",
        receipt=f"{FIGURE}/fig11.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig11.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig11.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        method=VARIABLE_VSPAIR[0],
        evidence=evidence(
            "scripts/fig11.py", ["seeds", "ct.figures.unit", "ct.figures.window"]
        ),
    script:
        "../../scripts/fig11.py"


rule fig_ct_noise:
    input:
        images=scan_runs(rules.ct_evaluate.output.images)[0],
    output:
        png=report(
            f"{FIGURE}/fig_ct_noise.png",
            caption="../report/fig_ct_noise.rst",
            category="Computed tomography",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig_ct_noise.pdf",
        csv=f"{FIGURE}/fig_ct_noise.csv",
        receipt=f"{FIGURE}/fig_ct_noise.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig_ct_noise.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig_ct_noise.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=20,
    params:
        runs=scan_runs(rules.ct_evaluate.output.images)[1],
        methods=list(METHODS),
        labels=METHOD_LABELS,
        evidence=evidence("scripts/fig_ct_noise.py", ["seeds", "ct.noise.variable"]),
    script:
        "../../scripts/fig_ct_noise.py"
