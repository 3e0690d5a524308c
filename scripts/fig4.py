"""Figure 4: latent codes of a few test images, and the reconstructions that they stand for."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.data import read_pairs, scale_for
from vspair.files import whole
from vspair.provenance import recorded
from vspair.reporting.bars import latent_figure
from vspair.reporting.images import grey_limits, in_scale
from vspair.reporting.printed import ALL, printed
from vspair.reporting.style import named, palette, save_figure
from vspair.written import read_arrays

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    methods = snakemake.params.methods
    latents = {
        method: read_arrays(path, ("images", "codes", "reconstructions"))
        for method, path in zip(methods, snakemake.input.latents, strict=True)
    }
    images = latents[methods[0]]["images"]

    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    observation, qoi = (in_scale(part[images, 0], scale) for part in (pairs.test.observation, pairs.test.qoi))
    figure = latent_figure(
        [f"test image {image}" for image in images],
        observation,
        qoi,
        {names[method]: tensors["reconstructions"] for method, tensors in latents.items()},
        {names[method]: tensors["codes"] for method, tensors in latents.items()},
        palette(list(names.values())),
        grey_limits(scale),
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))

    counts, parts = [], []
    for method, tensors in latents.items():
        codes = tensors["codes"]
        case, latent = np.nonzero(codes)
        count = {"method": method, "case": range(len(codes)), "image": images, "latent": ALL}
        count |= {"nonzero": np.count_nonzero(codes, axis=1), "latents": codes.shape[1]}
        counts.append(pd.DataFrame(count))
        part = {"method": method, "case": case, "image": images[case], "latent": latent, "value": codes[case, latent]}
        parts.append(pd.DataFrame(part))
    counts = pd.concat(counts).astype({"nonzero": "Int64", "latents": "Int64"})
    with whole(snakemake.output.csv) as temporary:
        pd.concat([counts, *parts]).to_csv(temporary, index=False)
    files = dict(zip(methods, snakemake.input.latents, strict=True))
    inputs = [[files[method]] for method in counts["method"]]
    keys = {"nonzero": "entries of codes[{case}] that are not 0", "latents": "length of codes[{case}]"}
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "case", "latent"], inputs, keys))
