"""Reconstruction error, posterior moments and sparsity of one method on all test pairs (Table 3)."""

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
        images: one row per image: `mse` of a single reconstruction and, for probabilistic methods, `mse30` of the mean
            of the samples (the name stands for whatever number was drawn), `uncertainty` (mean pixel variance) and,
            for sparse ones, `nnz` and `sparsity`.
        moments: `mean` and `variance` of the samples, each (images, 1, height, width); for a deterministic method
            `mean` alone, its reconstruction.
        latents: shares from `LatentStatistics`; empty for a deterministic method.
    """

    images: pd.DataFrame
    moments: dict[str, Tensor]
    latents: dict[str, float]


def evaluate(
    method, qoi: Tensor, observation: Tensor, samples: int, batch_size: int, generator: torch.Generator
) -> Evaluated:
    """Reconstruct every observation and compare with its QoI, in the scale of the arguments.

    Arguments:
        method: answers `reconstruct(y, generator)`; if `probabilistic`, also `posterior(y)`.
        qoi: x, shape (images, 1, height, width).
        observation: y, same shape and device.
        samples: posterior draws per image.
        batch_size: observations at once.
        generator: source of all draws, on the same device.
    """
    columns: list[dict[str, Tensor]] = []
    moments: list[dict[str, Tensor]] = []
    latents = LatentStatistics()
    with tqdm(total=len(qoi), unit="image", disable=None) as bar:
        for x, y in zip(qoi.split(batch_size), observation.split(batch_size), strict=True):
            reconstruction = method.reconstruct(y, generator)
            column = {"mse": mean_squared_error(reconstruction, x)}
            moment = {"mean": reconstruction}
            if method.probabilistic:
                posterior = method.posterior(y)
                mean, variance = posterior.moments(samples, generator)
                moment = {"mean": mean, "variance": variance}
                column |= {"mse30": mean_squared_error(mean, x), "uncertainty": variance.flatten(1).mean(1)}
                codes = posterior.sample_latent(1, generator)[0]
                latents.update(codes, posterior.gates)
                if posterior.gates is not None:
                    nnz = (codes != 0).sum(1)
                    column |= {"nnz": nnz, "sparsity": 1 - nnz / codes.shape[1]}
            columns.append(column)
            moments.append(moment)
            bar.update(len(y))
    images = pd.DataFrame({name: torch.cat([c[name] for c in columns]).cpu().numpy() for name in columns[0]})
    return Evaluated(
        images,
        {name: torch.cat([m[name] for m in moments]).cpu() for name in moments[0]},
        latents.summary() if method.probabilistic else {},
    )


def mean_squared_error(reconstruction: Tensor, qoi: Tensor) -> Tensor:
    """Mean over pixels of (reconstruction - qoi)^2 for each image, shape (images,)."""
    return ((reconstruction - qoi) ** 2).flatten(1).mean(1)
