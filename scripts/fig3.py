"""Figure 3: mean and variance maps of the probabilistic methods for cases of growing difficulty."""

from pathlib import Path

import pandas as pd

from vspair.data import read_pairs, scale_for
from vspair.files import whole
from vspair.metrics import read_images
from vspair.problems.inpainting.settings import Figures
from vspair.provenance import recorded
from vspair.reporting.images import grey_limits, in_scale
from vspair.reporting.maps import cases_by_difficulty, map_figure
from vspair.reporting.printed import of_image, printed
from vspair.reporting.style import named, save_figure
from vspair.written import read_arrays

with recorded(snakemake) as job:
    methods, ours = snakemake.params.methods, snakemake.params.ours
    images = job.configuration["inpainting.data.test"]
    files = dict(zip(methods, snakemake.input.images, strict=True))
    metrics = {method: read_images(path, None, images) for method, path in files.items()}
    # Methods that the paper does not have must not change which images stand for easy and hard.
    errors = pd.DataFrame({method: frame["mse30"] for method, frame in metrics.items() if method not in ours})
    settings = Figures.model_validate(job.configuration["inpainting.figures"])
    cases = cases_by_difficulty(errors, settings.percentiles)
    chosen = cases["image"].tolist()

    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    observation, qoi = (in_scale(part[chosen, 0], scale) for part in (pairs.test.observation, pairs.test.qoi))
    names = named(methods, snakemake.params.labels)
    moments = {}
    for method, path in zip(methods, snakemake.input.moments, strict=True):
        found = read_arrays(path, ("mean", "variance"), chosen)
        moments[names[method]] = found["mean"][:, 0], found["variance"][:, 0]
    titles = [f"{percentile:g}th percentile" for percentile in cases["percentile"]]
    save_figure(
        map_figure(titles, observation, qoi, moments, grey_limits(scale)),
        Path(snakemake.output.png).with_suffix(""),
    )

    shown = pd.concat(
        frame.iloc[chosen].assign(method=method, case=range(len(cases)), percentile=cases["percentile"].to_numpy())
        for method, frame in metrics.items()
    )
    with whole(snakemake.output.csv) as temporary:
        shown.to_csv(temporary, index=False)
    inputs = [[files[method]] for method in shown["method"]]
    keys = of_image(shown, ["method", "case", "percentile"])
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "case"], inputs, keys))
