# Theorems 1 and 2 (Section 3.2) on a linear-Gaussian problem, where all posteriors have closed forms.

THEORY = f"{RESULTS}/theory"


rule theory:
    output:
        entries=f"{THEORY}/theory.csv",
        samples=f"{THEORY}/samples.csv",
        receipt=f"{THEORY}/theory.receipt.json",
    log:
        f"{RESULTS}/logs/theory/theory.log",
    benchmark:
        f"{RESULTS}/benchmarks/theory/theory.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence(
            "scripts/theory.py",
            ["theory"],
            seed=CONFIG.theory.seed,
            stochastic=True,
        ),
    script:
        "../../scripts/theory.py"


rule fig_theory:
    input:
        entries=rules.theory.output.entries,
        samples=rules.theory.output.samples,
    output:
        png=report(
            f"{FIGURE}/fig_theory.png",
            caption="../report/fig_theory.rst",
            category="Theory",
            subcategory="Figures",
        ),
        pdf=f"{FIGURE}/fig_theory.pdf",
        csv=f"{FIGURE}/fig_theory.csv",
        receipt=f"{FIGURE}/fig_theory.receipt.json",
    log:
        f"{RESULTS}/logs/figures/fig_theory.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/fig_theory.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence("scripts/fig_theory.py", []),
    script:
        "../../scripts/fig_theory.py"
