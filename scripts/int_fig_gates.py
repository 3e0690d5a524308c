"""Which gate of the sparse models, when fixed, removes how much error."""

from pathlib import Path

import pandas as pd

from vspair.files import whole
from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting.gates import by_rank, effects, gates_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import named, palette, save_figure

with recorded(snakemake) as job:
    wanted, names = (
        job.configuration["inpainting.evaluation.gates"],
        named(snakemake.params.order, snakemake.params.labels),
    )
    found, inputs, parts = {}, [], []
    for method, path in zip(snakemake.params.methods, snakemake.input.images, strict=True):
        found[names[method]] = effects(read_images(path, images=wanted["images"]), wanted["top"])
        ranks = by_rank(found[names[method]])
        parts.append(ranks.assign(method=method)[["method", *ranks]])
        inputs += [[path]] * len(ranks)
    with whole(snakemake.output.csv) as temporary:
        pd.concat(parts).to_csv(temporary, index=False, float_format="%.8g")
    what = "100 (mse - mse_k) / mse of the gate of rank {rank} of each image"
    keys = {"removed": f"mean over images of {what}", "gate": "mean omega of the gate of rank {rank}"}
    keys |= {"low": f"10th percentile of {what}", "high": f"90th percentile of {what}"}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "rank"], inputs, keys))
    save_figure(gates_figure(found, palette(list(names.values()))), Path(snakemake.output.png).with_suffix(""))
