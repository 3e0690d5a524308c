"""Reconstruction error, posterior moments and sparsity of one method on all test pairs (Tables 3 and 4, Figure 7).

QoI and observation are of any two shapes; a row is called an image and an entry a pixel, as in the paper, whatever they
are. Only a region that is lost asks for a mask.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.evaluation.latents import LatentStatistics

CODES_AT_ONCE = 1 << 25
"""Entries of latent codes drawn at once when active latents are counted: they take some 0.7 GB on the way."""

UNDEFINED = (
    "an error has no number where a training has diverged (train again with a lower learning rate); PSNR, SSIM and "
    "relative error have none where x is constant, PSNR none where a reconstruction is exact, and the variance of a "
    "region none where an image has lost nothing or everything: leave such images out of the test data"
)
"""Where measures are not finite, and what to do: they are not written into a metric file (`require_measured`)."""


@dataclass(frozen=True)
class Evaluated:
    """What one method did on the test pairs.

    Arguments:
        images: one row per image (definitions: docs/definitions.md): `mse` of a single reconstruction and, for
            probabilistic methods, `mse30` of the mean of the samples (the name stands for whatever number was drawn),
            `uncertainty` (mean pixel variance) and, where a region is lost, `variance_holes` and `variance_outside`
            (the same inside and outside of it); with a latent space `always_active`; for sparse ones `nnz` and
            `sparsity`; with measures of quality one column each of the single reconstruction and, for probabilistic
            methods, of the mean of the samples (`psnr` and `psnr_mean`).
        moments: `mean` and `variance` of the samples, each (images, *shape of x); for a deterministic method
            `mean` alone, its reconstruction. With measures of quality `reconstruction` too, the single one.
        latents: shares from `LatentStatistics`; empty for a method without latent distributions.
    """

    images: pd.DataFrame
    moments: dict[str, Tensor]
    latents: dict[str, float]


def evaluate(
    method,
    qoi: Tensor,
    observation: Tensor,
    lost: Tensor | None,
    samples: int,
    batch_size: int,
    generator: torch.Generator,
    quality: Callable[[Tensor, Tensor], dict[str, Tensor]] | None = None,
) -> Evaluated:
    """Reconstruct every observation and compare with its QoI, in the scale of the arguments.

    Arguments:
        method: answers `reconstruct(y, generator)`; if `probabilistic`, also `posterior(y)`.
        qoi: x, shape (images, *shape of x).
        observation: y, shape (images, *shape of y), on the same device.
        lost: True where y has lost x, shape of x, on the same device; None where nothing is lost by place.
        samples: posterior draws per image.
        batch_size: observations at once.
        generator: source of all draws, on the same device.
        quality: further measures of a reconstruction beside its QoI, name -> one number per image: `quality` for
            images, `fidelity` for any shape.

    Raises:
        ValueError: the region or what the method gives is not of the shape of x.
    """
    if lost is not None and lost.shape != qoi.shape:
        raise ValueError(f"expected the lost region in the shape of x, {tuple(qoi.shape)}, found {tuple(lost.shape)}")
    columns: list[dict[str, Tensor]] = []
    moments: list[dict[str, Tensor]] = []
    latents = LatentStatistics()
    parts = qoi.split(batch_size)
    regions = [None] * len(parts) if lost is None else lost.split(batch_size)
    batches = zip(parts, observation.split(batch_size), regions, strict=True)
    with tqdm(total=len(qoi), unit="image", disable=None) as bar:
        for x, y, holes in batches:
            reconstruction = method.reconstruct(y, generator)
            column = {"mse": mean_squared_error(reconstruction, x)}
            moment = {"mean": reconstruction}
            if quality is not None:
                column |= quality(reconstruction, x)
                moment["reconstruction"] = reconstruction
            if method.probabilistic:
                posterior = method.posterior(y)
                mean, variance = posterior.moments(samples, generator)
                moment |= {"mean": mean, "variance": variance}
                column |= {"mse30": mean_squared_error(mean, x), **_uncertainty(variance, holes)}
                if quality is not None:
                    column |= {f"{name}_mean": value for name, value in quality(mean, x).items()}
                column |= _activity(posterior, len(x), samples, generator, latents)
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
    """Mean over pixels of (reconstruction - qoi)^2 for each image, shape (images,).

    Raises:
        ValueError: the shapes differ; torch would compare each with all.
    """
    if reconstruction.shape != qoi.shape:
        raise ValueError(f"expected reconstructions of shape {tuple(qoi.shape)}, found {tuple(reconstruction.shape)}")
    return ((reconstruction - qoi) ** 2).flatten(1).mean(1)


def mean_over(values: Tensor, region: Tensor) -> Tensor:
    """Mean of `values` over the pixels of a region, for each image; NaN where the region is empty.

    Arguments:
        values: shape (..., images, *shape of x).
        region: boolean, shape (images, *shape of x), or with 1 for an axis along which it is the same.
    """
    weight = region.to(values.dtype).expand_as(values)
    of_x = 1 - region.ndim
    return (values * weight).flatten(of_x).sum(-1) / weight.flatten(of_x).sum(-1)


def _uncertainty(variance: Tensor, lost: Tensor | None) -> dict[str, Tensor]:
    mean = {"uncertainty": variance.flatten(1).mean(1)}
    if lost is None:
        return mean
    return mean | {
        "variance_holes": mean_over(variance, lost),
        "variance_outside": mean_over(variance, ~lost),
    }


def _activity(
    posterior, images: int, samples: int, generator: torch.Generator, latents: LatentStatistics
) -> dict[str, Tensor]:
    """Active latents per image (Tables 3 and 4), from draws of their own; counts go to `latents` too."""
    if not posterior.latents:
        return {}
    always, first = None, None
    at_once = max(1, CODES_AT_ONCE // (images * posterior.latents))
    for start in range(0, samples, at_once):
        codes = posterior.sample_latent(min(at_once, samples - start), generator)[..., : posterior.latents]
        active = (codes != 0).all(0)
        always = active if always is None else always & active
        first = codes[0] if first is None else first
    latents.update(first, posterior.gates)
    column = {"always_active": always.sum(1)}
    if posterior.gates is not None:
        nnz = (first != 0).sum(1)
        column |= {"nnz": nnz, "sparsity": 1 - nnz / posterior.latents}
    return column
