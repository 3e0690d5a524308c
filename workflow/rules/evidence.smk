# The ledger of all results, their audit, and the report.

EVERYTHING = [*rules.inpainting.input, *rules.ct.input, *rules.fig_theory.output]


rule ledger:
    input:
        [path for path in EVERYTHING if not path.endswith(".receipt.json")],
        # One that was made is vouched for too, though `all` does not ask for it.
        [path for path in [rules.determinism.output.csv] if Path(path).exists()],
    output:
        csv=f"{RESULTS}/ledger.csv",
        receipt=f"{RESULTS}/ledger.receipt.json",
    log:
        f"{RESULTS}/logs/ledger.log",
    benchmark:
        f"{RESULTS}/benchmarks/ledger.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    params:
        evidence=evidence("scripts/ledger.py", []),
    script:
        "../../scripts/ledger.py"


# Without outputs, so that asking for them looks anew.
rule audit:
    input:
        EVERYTHING,
        ledger=rules.ledger.output.csv,
    log:
        f"{RESULTS}/logs/audit.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/audit.py"


rule report:
    input:
        EVERYTHING,
        ledger=rules.ledger.output.csv,
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        gpu=0,
        mem_mb=4000,
        runtime=10,
    script:
        "../../scripts/report.py"
