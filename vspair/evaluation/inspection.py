"""A close look at the latents of a few images (Figures 4, 5 and 6)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from vspair.evaluation.localisation import Perturbation

NO_LATENT = -1
"""Stands for the latent of an image that has no active one with an effect."""


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
        `codes` (observations, latents) and `reconstructions` (observations, height, width) of one draw; `sensitive`
        (latent numbers), `sensitivity`, `sensitive_share` (of the samples in which the latent is active) and
        `sensitive_images` (latents, shown, height, width), means over the draws.
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
        "reconstructions": posterior.decode(draw)[:, 0],
        "sensitive": ranked,
        "sensitivity": change[ranked],
        "sensitive_share": share[ranked],
        "sensitive_images": perturbation.mean_reconstructions(image, ranked, shown)[:, :, 0],
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
        `localised_mean` and `localised_variance` (observations, height, width), and `localised_images` (observations,
        shown, height, width), means over the draws; zero where there is no latent.
    """
    mean, variance = posterior.moments(samples, generator)
    perturbation = Perturbation(posterior, samples, generator)
    images = mean.new_zeros(len(mean), len(shown), *mean.shape[2:])
    for row, latent in enumerate(latents):
        if latent != NO_LATENT:
            number = torch.tensor([latent], device=mean.device)
            images[row] = perturbation.mean_reconstructions(row, number, shown)[0, :, 0]
    return {"localised_mean": mean[:, 0], "localised_variance": variance[:, 0], "localised_images": images}
