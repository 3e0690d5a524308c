"""Score the trained runs of some stacks, and draw the points that figures show of the first run of each."""

from pathlib import Path

import pandas as pd

from vspair.devices import configure
from vspair.files import whole
from vspair.problems.transport.draws import read_truths
from vspair.problems.transport.jobs import of_runs
from vspair.problems.transport.scores import Exact, plane_scores, plane_shown, sphere_scores, sphere_shown
from vspair.problems.transport.settings import Scores
from vspair.problems.transport.stacks import EXACT, PLANE, settled
from vspair.provenance import recorded
from vspair.training.seeds import derive
from vspair.training.stacked import restored_runs

with recorded(snakemake) as job:
    configure("cpu", snakemake.threads)
    values = {key.removeprefix("transport."): value for key, value in job.configuration.items()}
    settings = Scores.model_validate(values["scores"])
    files, points, exact = iter(snakemake.output.scores), [], snakemake.output.get("exact", [])

    def score(frame, path, name, seed):
        with whole(path) as temporary:
            frame.to_csv(temporary, index_label="batch", float_format="%.8g")
        means = ", ".join(f"{key} {value:.4g}" for key, value in frame.mean().items())
        job.log.info("%s, seed %d: %s", name, seed, means)

    for name, weights, data in zip(snakemake.params.stacks, snakemake.input.weights, snakemake.input.data, strict=True):
        of, own = settled(values, name)
        on_sphere = of.startswith("sphere.")
        part, cost = ("sphere", [own["sphere.cost"]]) if on_sphere else ("plane", [])
        measure, show = (sphere_scores, sphere_shown) if on_sphere else (plane_scores, plane_shown)
        truths = read_truths(Path(data), part)
        members = restored_runs(of_runs(own, of, truths), Path(weights), "cpu")
        for seed, model, truth in zip(own["seeds"], members, truths, strict=False):
            frame = measure(model, truth, settings, *cost, derive(job.seed, "evaluation", seed))
            score(frame, next(files), name, seed)
        shown = show(members[0], truths[0], values[f"{part}.shown"], *cost, derive(job.seed, "evaluation"))
        points.append(shown.assign(stack=name))
    truths = read_truths(Path(snakemake.input.data[0]), PLANE) if exact else []
    for path, seed, truth in zip(exact, values["seeds"], truths, strict=bool(exact)):
        frame = plane_scores(Exact(truth), truth, settings, derive(job.seed, "evaluation", seed))
        score(frame, path, EXACT, seed)
    with whole(snakemake.output.shown) as temporary:
        pd.concat(points).to_csv(temporary, index=False, float_format="%.8g")
