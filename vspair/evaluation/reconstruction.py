"""Reconstruction error, posterior moments and sparsity of one method on all test pairs (Tables 3 and 4, Figure 7)."""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.evaluation.latents import LatentStatistics


@dataclass(frozen=True)
class Evaluated:
    """What one method did on the test pairs.

    Arguments:
        images: one row per image (definitions: docs/definitions.md): `mse` of a single reconstruction and, for
            probabilistic methods, `mse30` of the mean of the samples (the name stands for whatever number was drawn),
            `uncertainty` (mean pixel variance), `variance_holes` and `variance_outside` (the same inside and outside
            the lost region); with a latent space `always_active`; for sparse ones `nnz` and `sparsity`.
        moments: `mean` and `variance` of the samples, each (images, 1, height, width); for a deterministic method
            `mean` alone, its reconstruction.
        latents: shares from `LatentStatistics`; empty for a method without latent distributions.
    """

    images: pd.DataFrame
    moments: dict[str, Tensor]
    latents: dict[str, float]


def evaluate(
    method, qoi: Tensor, observation: Tensor, lost: Tensor, samples: int, batch_size: int, generator: torch.Generator
) -> Evaluated:
    """Reconstruct every observation and compare with its QoI, in the scale of the arguments.

    Arguments:
        method: answers `reconstruct(y, generator)`; if `probabilistic`, also `posterior(y)`.
        qoi: x, shape (images, 1, height, width).
        observation: y, same shape and device.
        lost: True where y has lost x, same shape and device.
        samples: posterior draws per image.
        batch_size: observations at once.
        generator: source of all draws, on the same device.
    """
    columns: list[dict[str, Tensor]] = []
    moments: list[dict[str, Tensor]] = []
    latents = LatentStatistics()
    batches = zip(qoi.split(batch_size), observation.split(batch_size), lost.split(batch_size), strict=True)
    with tqdm(total=len(qoi), unit="image", disable=None) as bar:
        for x, y, holes in batches:
            reconstruction = method.reconstruct(y, generator)
            column = {"mse": mean_squared_error(reconstruction, x)}
            moment = {"mean": reconstruction}
            if method.probabilistic:
                posterior = method.posterior(y)
                mean, variance = posterior.moments(samples, generator)
                moment = {"mean": mean, "variance": variance}
                column |= {"mse30": mean_squared_error(mean, x), **_uncertainty(variance, holes)}
                column |= _activity(posterior, samples, generator, latents)
            columns.append(column)
            moments.append(moment)
            bar.update(len(y))
    images = pd.DataFrame({name: torch.cat([c[name] for c in columns]).cpu().numpy() for name in columns[0]})
    return Evaluated(
        images,
        {name: torch.cat([m[name] for m in moments]).cpu() for name in moments[0]},
        latents.summary(),
    )


def mean_squared_error(reconstruction: Tensor, qoi: Tensor) -> Tensor:
    """Mean over pixels of (reconstruction - qoi)^2 for each image, shape (images,)."""
    return ((reconstruction - qoi) ** 2).flatten(1).mean(1)


def mean_over(values: Tensor, region: Tensor) -> Tensor:
    """Mean of `values` over the pixels of a region, for each image; NaN where the region is empty.

    Arguments:
        values, region: shape (..., channels, height, width); the region is boolean and may broadcast.
    """
    weight = region.to(values.dtype).expand_as(values)
    return (values * weight).flatten(-3).sum(-1) / weight.flatten(-3).sum(-1)


def _uncertainty(variance: Tensor, lost: Tensor) -> dict[str, Tensor]:
    return {
        "uncertainty": variance.flatten(1).mean(1),
        "variance_holes": mean_over(variance, lost),
        "variance_outside": mean_over(variance, ~lost),
    }


def _activity(posterior, samples: int, generator: torch.Generator, latents: LatentStatistics) -> dict[str, Tensor]:
    """Active latents per image (Tables 3 and 4), from draws of their own; counts go to `latents` too."""
    if not posterior.latents:
        return {}
    codes = posterior.sample_latent(samples, generator)[..., : posterior.latents]
    latents.update(codes[0], posterior.gates)
    active = codes != 0
    column = {"always_active": active.all(0).sum(1)}
    if posterior.gates is not None:
        nnz = active[0].sum(1)
        column |= {"nnz": nnz, "sparsity": 1 - nnz / posterior.latents}
    return column
