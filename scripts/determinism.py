"""Determinism check: every model trained again, and killed and resumed, compared with its first training."""

from vspair.evaluation.repeatability import compare, read_trained, verdict_in_words
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.written import read_json

NOTE = "{epochs} epochs on {device}, {threads} CPU thread(s), {precision}, torch {torch}."
FACTS = {"epochs": int, "device": str, "threads": int, "precision": str, "torch": str}
AGAIN = {"second": "trained again", "resumed": "killed and resumed"}


def shared(facts: list[dict], key: str) -> str:
    """What all trainings have under a key, or the different values, in words."""
    return ", ".join(sorted({str(fact[key]) for fact in facts}))


with recorded(snakemake) as job:
    files = dict(
        zip(
            map(tuple, snakemake.params.runs),
            zip(snakemake.input.weights, snakemake.input.histories, snakemake.input.facts, strict=True),
            strict=True,
        )
    )
    repeats = {
        trial: {
            row: compare(read_trained(*files[row, "first"][:2]), read_trained(*files[row, trial][:2]))
            for row, other in files
            if other == trial
        }
        for trial in AGAIN
    }
    cells = [
        Cell(row, f"{trial}_{column}", [value], "", [*files[row, "first"][:2], *files[row, trial][:2]], column)
        for row in repeats["second"]
        for trial in AGAIN
        for column, value in (
            ("differing", repeats[trial][row].differing),
            ("largest_difference", repeats[trial][row].largest),
        )
    ]
    facts = [read_json(path, FACTS) for path in snakemake.input.facts]
    words = NOTE.format_map({key: shared(facts, key) for key in FACTS})
    words = " ".join([words, *(verdict_in_words(repeats[trial], what) for trial, what in AGAIN.items())])
    job.log.info(words)
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        words,
        snakemake.params.labels,
    )
    job.annotate(snakemake.output.csv, noted)
