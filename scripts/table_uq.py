"""Calibration of every probabilistic model, as trained and after a conformal scaling; the paper has no such table."""

import json
from pathlib import Path

from vspair.provenance import recorded
from vspair.reporting import Cell, Published, sources, table_frame, write_table

UNITS = {"crps": "grey values of the scale"}
CAPTION = (
    "Calibration of the posterior samples: mean ± standard deviation over seeds. coverage_c is the share of pixels "
    "inside the central c % credible interval, holes_coverage_c the same inside the holes, mace the mean of "
    "|coverage - level| over the levels; crps, ause and mace are better when smaller; pearson and spearman correlate "
    "uncertainty (mean pixel variance) with error (mean squared error of the samples' mean); variance_ratio is "
    "predicted over actual variance, 1 when calibrated. Rows `scaled` are after a conformal scaling of the intervals, "
    "by factor_c at each level."
)
NOTE = (
    "{samples} samples an image; {calibration_images} test images fit the scaling, all numbers are of the other "
    "{images}. For a further image exchangeable with those of the fit, the scaled interval of a level c misses on "
    "average at most 1 - c of its pixels (conformal risk control, of all pixels and not of those in the holes alone). "
    "ause, pearson and spearman do not change under the scaling."
)

with recorded(snakemake) as job:
    cells = []
    labels = dict(snakemake.params.labels)
    for model in snakemake.params.models:
        paths = [path for path in snakemake.input.summaries if f"/{model}/" in path]
        summaries = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
        labels[f"{model} scaled"] = f"{labels.get(model, model)} scaled"
        for row, part in ((model, "raw"), (f"{model} scaled", "scaled")):
            for column in summaries[0][part]:
                values = [summary[part][column] for summary in summaries]
                cells.append(Cell(row, column, values, UNITS.get(column, ""), paths, f"{part}.{column}"))
        for level in summaries[0]["factors"]:
            factors = [summary["factors"][level] for summary in summaries]
            cells.append(Cell(f"{model} scaled", f"factor_{level}", factors, "", paths, f"factors.{level}"))
    frame = table_frame(cells, Published({}, {}), job.configuration)
    note = NOTE.format_map(summaries[0])
    write_table(Path(snakemake.output.csv).with_suffix(""), frame, CAPTION, note, labels)
    job.annotate(snakemake.output.csv, {"cells": sources(cells)})
