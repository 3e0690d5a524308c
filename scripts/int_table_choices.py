"""All readings of what the text leaves open, by their distance to Tables 3.1 and 3.2 at once."""

from dataclasses import asdict
from pathlib import Path

from vspair.problems.interventions.results import OF_DATA, OF_MODEL, STANDS_FOR, Choice, Results, row
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table, read_published
from vspair.reporting.closeness import capped_distance

with recorded(snakemake) as job:
    published = {}
    for table in ("int_table31", "int_table32"):
        published |= read_published(Path(snakemake.input.published), table).values
    results = Results(snakemake.params.files)
    tried = {}
    for choice in Choice.every(job.configuration["interventions.training.epochs"]):
        ours = {}
        for stack in results.of_epochs(choice.epochs, "dense"):
            name = row(stack._replace(source=STANDS_FOR.get(stack.source, stack.source)))
            for metric in (*OF_DATA, *OF_MODEL):
                values = results.values(stack, choice.key(metric))
                ours[name, metric] = sum(values) / len(values)
        tried[choice] = capped_distance(ours, published)
    ranked = sorted(tried, key=lambda choice: tried[choice])
    paths = [path for files in results.paths.values() for path in files]
    best = asdict(ranked[0])
    # Of each value of each choice the combination that comes nearest, so that all that were tried stand behind a line.
    lines = {"nearest of all": ranked[0], "runner-up": ranked[1]}
    for name in best:
        for value in dict.fromkeys(asdict(choice)[name] for choice in tried):
            lines[f"{name}={value}"] = next(choice for choice in ranked if asdict(choice)[name] == value)
    cells = []
    for name, choice in lines.items():
        key = f"least mean distance of the combinations with {name}: {choice}"
        distance, within = tried[choice]
        cells.append(Cell(name, "distance", [distance], "", paths, key))
        cells.append(Cell(name, "within", [within], "", paths, key))
    told = ", ".join(f"{name} {value}" for name, value in best.items())
    other = ", ".join(f"{name} {value}" for name, value in asdict(ranked[1]).items() if value != best[name])
    far, farther = (tried[choice][0] for choice in ranked[:2])
    note = f"{len(tried)} combinations. Nearest, at {far:.3g}: {told}. Runner-up, at {farther:.3g}: {other} instead."
    noted = make_table(snakemake.output.csv, cells, job.configuration, snakemake.params.caption, note)
    job.annotate(snakemake.output.csv, noted)
    job.log.info("%s", note)
