"""Figure 6: latents whose perturbation acts inside the holes."""

from pathlib import Path

import pandas as pd

from vspair.data import read_pairs, scale_for
from vspair.files import whole
from vspair.problems.inpainting.settings import Figures
from vspair.provenance import recorded
from vspair.reporting.images import grey_limits, in_scale
from vspair.reporting.localised import LocalisedCase, localised_figure
from vspair.reporting.printed import printed
from vspair.reporting.style import save_figure
from vspair.written import read_arrays

PARTS = ("mean", "variance", "latent", "ratio", "images")

with recorded(snakemake) as job:
    levels = Figures.model_validate(job.configuration["inpainting.figures"]).levels
    pairs = read_pairs(Path(snakemake.input.pairs))
    scale = scale_for(job.configuration["inpainting.data.scale"], pairs.train.qoi)
    names = ["localised", *(f"localised_{part}" for part in PARTS)]
    # An image without a latent that has an effect has no ratio.
    tensors = read_arrays(snakemake.input.latents[0], names, undefined=["localised_ratio"])
    images = tensors["localised"]
    cases = [
        LocalisedCase(
            title=f"test image {image}",
            observation=in_scale(pairs.test.observation[image, 0], scale),
            qoi=in_scale(pairs.test.qoi[image, 0], scale),
            mean=tensors["localised_mean"][case],
            variance=tensors["localised_variance"][case],
            mask=pairs.test.mask[image, 0],
            latent=int(tensors["localised_latent"][case]),
            ratio=float(tensors["localised_ratio"][case]),
            images=tensors["localised_images"][case],
        )
        for case, image in enumerate(images)
    ]
    save_figure(localised_figure(cases, levels, grey_limits(scale)), Path(snakemake.output.png).with_suffix(""))

    parts = []
    for number, (image, case) in enumerate(zip(images, cases, strict=True)):
        squared = case.change(levels) ** 2
        part = {"case": number, "image": image, "latent": case.latent, "search_ratio": case.ratio, "level": levels}
        part |= {
            "shown_change_holes": squared[:, case.mask].mean(1),
            "shown_change_outside": squared[:, ~case.mask].mean(1),
        }
        parts.append(pd.DataFrame(part))
    shown = pd.concat(parts)
    with whole(snakemake.output.csv) as temporary:
        shown.to_csv(temporary, index=False)
    keys = {
        "image": "localised[{case}]",
        "latent": "localised_latent[{case}]",
        "search_ratio": "localised_ratio[{case}]",
        "shown_change_holes": "mean squared change of localised_images[{case}] in the holes from level 0 to {level}",
        "shown_change_outside": "mean squared change of localised_images[{case}] outside from level 0 to {level}",
    }
    inputs = [[snakemake.input.latents[0]]] * len(shown)
    job.annotate(snakemake.output.csv, printed(snakemake.output.csv, ["case", "level"], inputs, keys))
