# Theorems 1 and 2 (Section 3.2) on a linear-Gaussian problem, where all posteriors have closed forms.

THEORY = f"{RESULTS}/theory"

stage(
    "theory",
    dict(
        entries=f"{THEORY}/theory.csv",
        samples=f"{THEORY}/samples.csv",
        receipt=f"{THEORY}/theory.receipt.json",
    ),
    ["theory"],
    seed=CONFIG.theory.seed,
    minutes=10,
    cost={},
)
figure(
    "fig_theory",
    "theory",
    dict(entries=f"{THEORY}/theory.csv", samples=f"{THEORY}/samples.csv"),
    ["theory"],
)
