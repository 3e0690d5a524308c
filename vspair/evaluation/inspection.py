"""A close look at the latents of a few images (Figures 4, 5, 6 and 11).

x may be of any shape; what is given back to be shown is without the axis of a single channel: (height, width) for an
image of (1, height, width). It is called *shown* here.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from vspair.evaluation.localisation import Perturbation

NO_LATENT = -1
"""Stands for the latent of an image that has none of the kind asked for."""


def nearest_to_percentiles(values: pd.Series, percentiles: Sequence[float]) -> list[int]:
    """Positions of the values nearest to percentiles of their distribution; NaN are left out.

    Arguments:
        values: one per image; if all are NaN the first positions are taken.
        percentiles: between 0 and 100.
    """
    known = values.dropna()
    if known.empty:
        return [min(position, len(values) - 1) for position in range(len(percentiles))]
    wanted = np.percentile(known, percentiles)
    return [int(known.index[np.abs(known.to_numpy() - level).argmin()]) for level in wanted]


@torch.inference_mode()
def inspect_codes(
    posterior,
    image: int,
    levels: Sequence[float],
    shown: Sequence[float],
    samples: int,
    count: int,
    generator: torch.Generator,
) -> dict[str, Tensor]:
    """Codes of a few observations, and the `count` latents to which one of them is most sensitive (Figures 4 and 5).

    Sensitivity is the mean squared change of the reconstruction over all pixels, averaged over levels. Latents that are
    active in all samples come first; where there are too few, others that are active in some follow.

    Arguments:
        posterior: of the observations, with a latent space.
        image: row of the observation whose latents are moved.
        levels: perturbations that decide the sensitivity.
        shown: perturbations that are returned as images.
        samples: draws per observation.
        count: latents returned at most.
        generator: source of the draws.

    Returns:
        `codes` (observations, latents) and `reconstructions` (observations, *shown) of one draw; `sensitive`
        (latent numbers), `sensitivity`, `sensitive_share` (of the samples in which the latent is active) and
        `sensitive_images` (latents, levels shown, *shown), means over the draws.
    """
    perturbation = Perturbation(posterior, samples, generator)
    draw = perturbation.codes[0]
    everywhere = torch.ones_like(posterior.decode(draw), dtype=torch.bool)
    which = perturbation.active.clone()
    which[torch.arange(len(which), device=which.device) != image] = False
    change = perturbation.changes(which, levels, [everywhere])[0][image]
    by_change = change.nan_to_num(nan=-1).argsort(descending=True)
    consistent_first = perturbation.consistent[image, by_change].int().argsort(descending=True, stable=True)
    ranked = by_change[consistent_first][:count]
    ranked = ranked[~change[ranked].isnan()]
    share = (perturbation.codes[:, image, : posterior.latents] != 0).float().mean(0)
    return {
        "codes": draw[:, : posterior.latents],
        "reconstructions": _shown(posterior.decode(draw), 1),
        "sensitive": ranked,
        "sensitivity": change[ranked],
        "sensitive_share": share[ranked],
        "sensitive_images": _shown(perturbation.mean_reconstructions(image, ranked, shown), 2),
    }


@torch.inference_mode()
def inspect_localised(
    posterior, latents: Sequence[int], shown: Sequence[float], samples: int, generator: torch.Generator
) -> dict[str, Tensor]:
    """Reconstructions of each observation with its own latent moved, and its moments (Figure 6).

    Arguments:
        posterior: of the observations, with a latent space.
        latents: one latent number per observation, or NO_LATENT.
        shown: perturbations.
        samples: draws per observation.
        generator: source of the draws.

    Returns:
        `localised_mean` and `localised_variance` (observations, *shown), and `localised_images` (observations, levels
        shown, *shown), means over the draws; zero where there is no latent.
    """
    mean, variance = posterior.moments(samples, generator)
    perturbation = Perturbation(posterior, samples, generator)
    images = mean.new_zeros(len(mean), len(shown), *mean.shape[1:])
    for row, latent in enumerate(latents):
        if latent != NO_LATENT:
            number = torch.tensor([latent], device=mean.device)
            images[row] = perturbation.mean_reconstructions(row, number, shown)[0]
    return {
        "localised_mean": _shown(mean, 1),
        "localised_variance": _shown(variance, 1),
        "localised_images": _shown(images, 2),
    }


@torch.inference_mode()
def inspect_variances(
    posterior,
    images: Sequence[int],
    steps: Sequence[float],
    *,
    threshold: float = 0.95,
    top: int = 3,
    unit: Literal["sd", "variance"] = "sd",
) -> dict[str, Tensor]:
    """Reconstructions along the likely latents of highest and of lowest variance of a few observations (Figure 11).

    Of the latents with omega_i >= threshold the `top` with the highest slab variance sigma_i^2 and the `top` with the
    lowest are taken. All others stay at the mean code E[z] = omega mu, and the chosen one is

        z_i = mu_i + t sigma_i    (or mu_i + t sigma_i^2, which the paper's text allows as well; deviation E11)

    for each step t. Nothing is random.

    Arguments:
        posterior: of the observations, with a spike-and-slab `latent`.
        images: rows of the observations to look at.
        steps: t, at least two.
        threshold: least omega of a latent that may be chosen.
        top: latents at each end, at most the number of latents. Where fewer than 2 `top` may be chosen, both ends share
            some; where fewer than `top`, the places left at each end hold NO_LATENT.
        unit: what a step is a multiple of.

    Returns:
        For each observation the highest first, then from the lowest upwards: `varied_latents` (observations, 2 top);
        `varied_sd` (sigma) and `varied_gate` (omega) of the same shape, NaN where there is no latent; `varied_images`
        (observations, 2 top, steps, *shown) and `varied_variance` (observations, 2 top, *shown), the unbiased
        variance over the steps, both zero where there is no latent.

    Raises:
        TypeError: the posterior's latents have no gates.
    """
    if posterior.gates is None:
        raise TypeError("the latents of this posterior have no gates: give one of a sparse model")
    rows = torch.as_tensor(images, device=posterior.gates.device)
    gate, mean, variance = (
        p[rows] for p in (posterior.gates, posterior.latent.slab.mean, posterior.latent.slab.variance)
    )
    latents = _extremes(variance, gate >= threshold, top)
    there = latents != NO_LATENT
    # Any latent's values do where there is none: they are blanked below.
    at = latents.clamp(min=0)
    sd = variance.sqrt().gather(1, at)
    times = torch.tensor(steps, device=sd.device, dtype=sd.dtype)
    moved = mean.gather(1, at)[..., None] + times * (sd if unit == "sd" else sd**2)[..., None]
    codes = posterior.latent.mean[rows][:, None, None].repeat(1, at.shape[1], len(steps), 1)
    codes.scatter_(3, at[..., None, None].expand(*moved.shape, 1), moved[..., None])
    decoded = posterior.decode(codes.flatten(0, 2)).unflatten(0, moved.shape)
    shown = _shown(decoded * there.reshape(*there.shape, *(decoded.ndim - 2) * [1]), 3)
    return {
        "varied_latents": latents,
        "varied_sd": sd.where(there, torch.nan),
        "varied_gate": gate.gather(1, at).where(there, torch.nan),
        "varied_images": shown,
        "varied_variance": shown.var(2),
    }


def _shown(values: Tensor, leading: int) -> Tensor:
    """What is drawn of values (leading axes, *shape of x): without the axis of a single channel before others."""
    return values.squeeze(leading) if values.ndim > leading + 1 else values


def _extremes(values: Tensor, allowed: Tensor, top: int) -> Tensor:
    """Positions of the `top` highest, falling, and the `top` lowest, rising, of each row; shape (rows, 2 top)."""
    highest = values.where(allowed, -torch.inf).topk(top).indices
    lowest = values.where(allowed, torch.inf).topk(top, largest=False).indices
    positions = torch.cat([highest, lowest], dim=1)
    return positions.where(allowed.gather(1, positions), NO_LATENT)
