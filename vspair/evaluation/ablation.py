"""Which latents the reconstruction error of a VAE is due to (Mueller et al., sections 2.4 and 2.5).

Of an image x with the posterior N(mu, diag(sigma^2)) and z = mu + sigma eps,

    E_sample = e(d(z), x),    E_mean = e(d(mu), x),    E_i = e(d(z with z_i <- mu_i), x)

with the decoder d and an error measure e. The contribution of latent i is (E_sample - E_i) / (E_sample - E_mean).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Noise = Literal["shared", "fresh"]
"""Whether the baseline and all ablations of an image have one draw of eps, or each a draw of its own."""

Ratio = Literal["of_means", "mean_of_ratios"]
"""Contribution ratios: of mean errors over images, or the mean over images of each image's ratio."""

ENTRIES = 2**10
"""Reconstructions at once: so few that a CPU keeps them near."""


@dataclass(frozen=True)
class Errors:
    """Reconstruction errors of each image.

    Arguments:
        sample: E_sample, (images,).
        mean: E_mean, (images,).
        intervened: E_i, (latent, images).
    """

    sample: Tensor
    mean: Tensor
    intervened: Tensor


def codes(mean: Tensor, deviation: Tensor, noise: Noise, generator: torch.Generator) -> Tensor:
    """The codes that are decoded, (latent + 2, images, latent): z, mu, then z with each z_i <- mu_i.

    Arguments:
        mean: mu, shape (images, latent).
        deviation: sigma, same shape.
        noise: see `Noise`.
        generator: source of eps, on the CPU, so that one seed gives one eps on every device.
    """
    images, latent = mean.shape
    draws = 1 + (latent if noise == "fresh" else 0)
    drawn = torch.randn(draws, images, latent, generator=generator, dtype=mean.dtype).to(mean.device)
    sampled = mean + deviation * drawn
    moved = sampled[1:] if noise == "fresh" else sampled.expand(latent, images, latent)
    ablated = torch.eye(latent, dtype=torch.bool, device=mean.device)[:, None]
    return torch.cat([sampled[:1], mean[None], torch.where(ablated, mean, moved)])


@torch.no_grad()
def intervene(
    codes: Tensor, decode: Callable[[Tensor], Tensor], measures: Mapping[str, Callable[[Tensor], Tensor]]
) -> dict[str, Errors]:
    """Decode and measure every code.

    Arguments:
        codes: from `codes`, shape (latent + 2, images, latent).
        decode: maps codes (batch, latent) to images (batch, 1, height, width).
        measures: name -> error of reconstructions (m, images, height, width) as (m, images).

    Returns:
        The errors by name of the measure.
    """
    found: dict[str, list[Tensor]] = {name: [] for name in measures}
    for part in codes.split(max(1, ENTRIES // codes.shape[1])):
        decoded = decode(part.flatten(0, 1)).squeeze(1).unflatten(0, part.shape[:2])
        for name, measure in measures.items():
            found[name].append(measure(decoded))
    whole = {name: torch.cat(parts) for name, parts in found.items()}
    return {name: Errors(errors[0], errors[1], errors[2:]) for name, errors in whole.items()}


def contributions(errors: Errors, ratio: Ratio) -> Tensor:
    """The contribution ratio of each latent, (latent,); see `Ratio`.

    An image, or a set of them, whose error the draw does not change at all has no ratio: NaN.
    """
    reduced = errors.sample - errors.intervened
    base = errors.sample - errors.mean
    if ratio == "of_means":
        reduced, base = reduced.mean(1), base.mean()
        return torch.where(base == 0, torch.nan, reduced / base)
    return torch.where(base == 0, torch.nan, reduced / base).mean(1)


def summarised(errors: Errors, ratio: Ratio, threshold: float) -> dict[str, float]:
    """The metrics of section 2.5 over all images.

    Arguments:
        errors: of one measure.
        ratio: see `Ratio`.
        threshold: tau, above which the contribution ratio of a latent is significant.

    Returns:
        `recon_sample`, `recon_mean` and their difference `recon_diff`; `ratio_sum`, the sum of the contribution ratios;
        `sig_dims`, how many exceed the threshold; `int_var`, the variance (latent in the denominator) of the latents'
        mean errors.
    """
    sample, mean = float(errors.sample.mean()), float(errors.mean.mean())
    ratios = contributions(errors, ratio)
    return {
        "recon_sample": sample,
        "recon_mean": mean,
        "recon_diff": sample - mean,
        "ratio_sum": float(ratios.sum()),
        "sig_dims": float((ratios > threshold).sum()),
        "int_var": float(errors.intervened.mean(1).var(correction=0)),
    }
