"""Image quality of every method at every noise level, over all test images: what Figure 9 shows one example of."""

import pandas as pd

from vspair.metrics import read_seeds
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table
from vspair.written import read_json

COLUMNS = {
    "psnr": "dB",
    "psnr_fixed": "dB",
    "ssim": "",
    "ssim_fixed": "",
    "rre": "",
    "mse": "squared normalised attenuation",
    "psnr_mean": "dB",
    "ssim_mean": "",
    "rre_mean": "",
    "nnz": "",
}
SPLIT = {
    **dict.fromkeys(("train", "test"), int),
    **dict.fromkeys(("source", "train_patients", "test_patients"), str),
    "sentence": str | None,
}
NOTE = (
    "Source: {source}, {train} training slices{train_patients} and {test} test slices{test_patients}. Noise of p % by "
    "the convention {convention} (docs/deviations.md, E9)."
)

with recorded(snakemake) as job:
    rows: dict[str, list[str]] = {}
    for path, (method, noise, _) in zip(snakemake.input.images, snakemake.params.runs, strict=True):
        rows.setdefault(f"{method} {noise}", []).append(path)
    split = read_json(snakemake.input.split, SPLIT)
    cells = []
    for row, paths in rows.items():
        found = read_seeds(paths, ("mse",), split["test"], optional=list(COLUMNS))
        means = pd.DataFrame([frame[[column for column in COLUMNS if column in frame]].mean() for frame in found])
        cells += [
            Cell(row, column, means[column].tolist(), unit, paths, column, "mean")
            for column, unit in COLUMNS.items()
            if column in means
        ]
    # What was there decides whether a number may be compared, not what was asked for.
    run = job.configuration | {f"tomography.data.{part}": split[part] for part in ("train", "test")}
    note = NOTE.format_map(split | {"convention": run["tomography.noise.convention"]})
    note = " ".join(filter(None, [note, split["sentence"]]))
    noted = make_table(
        snakemake.output.csv,
        cells,
        run,
        snakemake.params.caption,
        note,
        snakemake.params.labels,
        published=(snakemake.input.published, "table_ct"),
    )
    job.annotate(snakemake.output.csv, noted)
