"""Figure 3: mean and variance maps of the probabilistic models for cases of growing difficulty."""

from pathlib import Path

import pandas as pd
from safetensors import safe_open

from vspair.data import read_pairs, scale_for
from vspair.files import whole
from vspair.problems.inpainting.settings import Figures
from vspair.provenance import recorded
from vspair.reporting.images import grey_limits, in_scale
from vspair.reporting.maps import cases_by_difficulty, map_figure
from vspair.reporting.printed import of_image, printed
from vspair.reporting.style import named, save_figure

with recorded(snakemake) as job:
    models, ours = snakemake.params.models, snakemake.params.ours
    metrics = {model: pd.read_csv(path) for model, path in zip(models, snakemake.input.images, strict=True)}
    # Methods that the paper does not have must not change which images stand for easy and hard.
    errors = pd.DataFrame({model: frame["mse30"] for model, frame in metrics.items() if model not in ours})
    settings = Figures.model_validate(job.configuration["inpainting.figures"])
    cases = cases_by_difficulty(errors, settings.percentiles)
    chosen = cases["image"].tolist()

    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    observation, qoi = (in_scale(part[chosen, 0], scale) for part in (pairs.test.observation, pairs.test.qoi))
    names = named(models, snakemake.params.labels)
    moments = {}
    for model, path in zip(models, snakemake.input.moments, strict=True):
        with safe_open(path, framework="numpy") as file:
            moments[names[model]] = tuple(file.get_tensor(name)[chosen, 0] for name in ("mean", "variance"))
    titles = [f"{percentile:g}th percentile" for percentile in cases["percentile"]]
    save_figure(
        map_figure(titles, observation, qoi, moments, grey_limits(scale)),
        Path(snakemake.output.png).with_suffix(""),
    )

    shown = pd.concat(
        frame.iloc[chosen].assign(model=model, case=range(len(cases)), percentile=cases["percentile"].to_numpy())
        for model, frame in metrics.items()
    )
    with whole(snakemake.output.csv) as temporary:
        shown.to_csv(temporary, index=False)
    files = dict(zip(models, snakemake.input.images, strict=True))
    inputs = [[files[model]] for model in shown["model"]]
    keys = of_image(shown, ["model", "case", "percentile"])
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["model", "case"], inputs, keys))
