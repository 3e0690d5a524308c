"""Figure 9: one test image reconstructed by every method at every noise level."""

from pathlib import Path

import numpy as np
import pandas as pd

from vspair.data import read_pairs
from vspair.files import whole
from vspair.metrics import read_images
from vspair.provenance import recorded
from vspair.reporting.printed import of_image, printed
from vspair.reporting.reconstructions import Reconstructed, reconstruction_figure
from vspair.reporting.style import named, save_figure
from vspair.written import read_arrays

with recorded(snakemake) as job:
    example = job.configuration["tomography.figures.example"]
    tests = [read_pairs(Path(path)).test for path in snakemake.input.pairs]
    names = named(snakemake.params.methods, snakemake.params.labels)
    shown, images = [], {name: [] for name in names.values()}
    runs = zip(snakemake.params.runs, snakemake.input.images, snakemake.input.moments, strict=True)
    for (method, noise, seed), metrics, moments in runs:
        lines = read_images(metrics, None, len(tests[0]))
        shown.append(lines.iloc[[example]].assign(method=method, noise=noise, seed=seed))
        images[names[method]].append(read_arrays(moments, ["reconstruction"], [example])["reconstruction"][0, 0])
    table = pd.concat(shown, ignore_index=True)
    with whole(snakemake.output.csv) as temporary:
        table.to_csv(temporary, index=False)
    index = ["method", "noise", "seed"]
    inputs = [[path] for path in snakemake.input.images]
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, index, inputs, of_image(table, index)))
    methods = {
        name: Reconstructed(
            np.stack(images[name]),
            *(table.loc[table["method"] == method, key].to_numpy() for key in ("psnr", "ssim")),
        )
        for method, name in names.items()
    }
    figure = reconstruction_figure(
        snakemake.params.noise_labels,
        np.stack([test.observation[example, 0] for test in tests]),
        np.stack([test.qoi[example, 0] for test in tests]),
        methods,
        job.configuration["tomography.figures.window"],
        ("sinogram", "truth"),
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))
