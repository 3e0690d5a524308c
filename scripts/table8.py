"""Table 8: latent dimensions and parameter counts, counted without allocating a weight."""

import torch

from vspair.models.build import build
from vspair.models.kinds import settings_of
from vspair.provenance import recorded
from vspair.reporting import Cell, make_table


def count(module: torch.nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


with recorded(snakemake) as job:
    cells = []
    shape = (1, *job.configuration["inpainting.image"])
    for name in snakemake.params.methods:
        key = f"inpainting.methods.{name}"
        settings = settings_of(job.configuration[key])
        with torch.device("meta"):
            model = build(settings, {"qoi_shape": shape, "observation_shape": shape})
        cells += [
            Cell(name, latent, [getattr(settings, latent)], key=f"configuration {key}.{latent}")
            for latent in ("latent_x", "latent_y")
            if hasattr(settings, latent)
        ]
        cells.append(Cell(name, "parameters", [count(model)], key=f"trainable numbers of the model built from {key}"))
        if hasattr(model, "map"):
            formula = f"trainable numbers of the latent map of the model built from {key}"
            cells.append(Cell(name, "map", [count(model.map)], key=formula))
    noted = make_table(
        snakemake.output.csv,
        cells,
        job.configuration,
        snakemake.params.caption,
        labels=snakemake.params.labels,
        published=(snakemake.input.published, "table8"),
    )
    job.annotate(snakemake.output.csv, noted)
