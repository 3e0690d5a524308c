# The targets of each section and of all, the ledger of all results, their audit, and the report.

# Made when it is asked for, and vouched for if it was.
CHECKED = [file for file in TARGETS.pop("determinism") if file.endswith(".csv")]
EVERYTHING = [file for section in TARGETS.values() for file in section]

for section, targets in TARGETS.items():
    if section in CONFIG.problems:

        rule:
            name:
                section
            input:
                targets,
            localrule: True


stage(
    "ledger",
    dict(csv=f"{RESULTS}/ledger.csv", receipt=f"{RESULTS}/ledger.receipt.json"),
    [],
    dict(
        results=[file for file in EVERYTHING if not file.endswith(".receipt.json")],
        checked=[file for file in CHECKED if Path(file).exists()],
    ),
    local=True,
)


def looking(name):
    """A target without outputs, so that asking for it looks anew."""

    rule:
        name:
            name
        input:
            EVERYTHING,
            ledger=f"{RESULTS}/ledger.csv",
        log:
            f"{RESULTS}/logs/{name}.log",
        localrule: True
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0,
            mem_mb=4000,
            runtime=10,
        script:
            str(ROOT / f"scripts/{name}.py")


looking("audit")
looking("report")
