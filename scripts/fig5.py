"""Figure 5: the first image of Figure 4 while its most sensitive latents are perturbed, one at a time."""

from pathlib import Path

import pandas as pd

from vspair.data import read_pairs, scale_for
from vspair.files import whole
from vspair.problems.inpainting.settings import Figures
from vspair.provenance import recorded
from vspair.reporting.images import grey_limits
from vspair.reporting.perturbations import Sensitive, perturbation_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import named, save_figure
from vspair.written import read_arrays

with recorded(snakemake) as job:
    names = named(snakemake.params.order, snakemake.params.labels)
    levels = Figures.model_validate(job.configuration["inpainting.figures"]).levels
    scale = scale_for(job.configuration["inpainting.data.scale"], read_pairs(Path(snakemake.input.pairs)).train.qoi)
    sensitive = {}
    for method, path in zip(snakemake.params.methods, snakemake.input.latents, strict=True):
        tensors = read_arrays(path, ("sensitive", "sensitivity", "sensitive_share", "sensitive_images"))
        sensitive[method] = Sensitive(*tensors.values())
    figure = perturbation_figure(
        levels, {names[method]: shown for method, shown in sensitive.items()}, grey_limits(scale)
    )
    save_figure(figure, Path(snakemake.output.png).with_suffix(""))

    shown = pd.concat(
        pd.DataFrame(
            {"method": method, "latent": found.latents, "sensitivity": found.changes, "share_active": found.shares}
        )
        for method, found in sensitive.items()
    )
    with whole(snakemake.output.csv) as temporary:
        shown.to_csv(temporary, index=False)
    files = dict(zip(snakemake.params.methods, snakemake.input.latents, strict=True))
    inputs = [[files[method]] for method in shown["method"]]
    keys = {
        "sensitivity": "sensitivity of the latent {latent} of sensitive",
        "share_active": "sensitive_share of the latent {latent} of sensitive",
    }
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["method", "latent"], inputs, keys))
