"""The search for latents whose perturbation changes a reconstruction inside the lost region (Section 4.1, Table 5).

Cost: one decoding per image, active latent and level, beside one per image; nothing else grows with the number of
latents. Latents that are zero in all samples are skipped, since a multiple of zero changes nothing. x may be of any
shape; the search needs a mask of what was lost.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.errors import VspairError

PERTURBED_AT_ONCE = 4096
"""Perturbed reconstructions held at once: bounds the memory, whatever the number of latents."""

ROUNDING = 1e-12
"""Mean squared changes below this are rounding of float32 images of order one, not an effect."""


class Perturbation:
    """Effects of single latents on the reconstruction of each image of a batch.

    The unperturbed code is the mean of the samples' codes; latent i is moved to (1 + level) times its value there.

    Arguments:
        posterior: with `latents`, `sample_latent` and `decode`.
        samples: draws per image that decide which latents are active.
        generator: source of the draws.

    Attributes:
        codes: draws, shape (samples, batch, width).
        consistent: latents that are non-zero in all draws, boolean of shape (batch, latents).
        active: latents that are non-zero in some draw, same shape.
    """

    @torch.inference_mode()
    def __init__(self, posterior, samples: int, generator: torch.Generator | None):
        self._decode = posterior.decode
        self.codes = posterior.sample_latent(samples, generator)
        on = self.codes[..., : posterior.latents] != 0
        self.consistent = on.all(0)
        self.active = on.any(0)
        self._mean_code = self.codes.mean(0)
        self._base = self._decode(self._mean_code)

    @torch.inference_mode()
    def changes(self, which: Tensor, levels: Sequence[float], regions: Sequence[Tensor]) -> list[Tensor]:
        """Mean squared change of the reconstruction in each region, averaged over the levels.

        Arguments:
            which: latents to perturb, boolean of shape (batch, latents).
            levels: perturbations in multiples of the latent's value.
            regions: boolean masks, each (batch, *shape of x).

        Returns:
            One tensor per region, shape (batch, latents); NaN for latents that were not asked for.

        Raises:
            ValueError: a region is not of the shape of the reconstructions.
        """
        for region in regions:
            if region.shape != self._base.shape:
                raise ValueError(
                    f"expected a region in the shape of the reconstructions, {tuple(self._base.shape)}, found "
                    f"{tuple(region.shape)}"
                )
        found = torch.full((*which.shape, len(regions)), torch.nan, device=which.device)
        image, latent = which.nonzero(as_tuple=True)
        factors = torch.tensor(levels, device=which.device)
        areas = torch.stack([region.flatten(1) for region in regions], dim=1).to(self._base.dtype)
        weights = areas / (len(factors) * areas.sum(-1, keepdim=True))
        at_once = max(1, PERTURBED_AT_ONCE // len(factors))
        for images, latents in zip(image.split(at_once), latent.split(at_once), strict=True):
            changed = (self._perturbed(images, latents, factors) - self._base[images, None]).square()
            found[images, latents] = torch.einsum("plk,prk->pr", changed.flatten(2), weights[images])
        return list(found.unbind(-1))

    def _perturbed(self, images: Tensor, latents: Tensor, levels: Tensor) -> Tensor:
        """Reconstructions (pairs, levels, *shape of x) with one latent moved in each."""
        codes = self._mean_code[images, None].repeat(1, len(levels), 1)
        rows = torch.arange(len(images), device=images.device)
        codes[rows, :, latents] *= 1 + levels
        return self._decode(codes.flatten(0, 1)).unflatten(0, codes.shape[:2])

    @torch.inference_mode()
    def mean_reconstructions(self, image: int, latents: Tensor, levels: Sequence[float]) -> Tensor:
        """Mean over the draws of one image's reconstruction with a latent moved in every draw (Figures 5 and 6).

        Arguments:
            image: row of the batch.
            latents: latent numbers, shape (n,).
            levels: perturbations in multiples of the latent's value; 0 leaves it.

        Returns:
            Shape (n, levels, *shape of x).
        """
        factors = 1 + torch.tensor(levels, device=self.codes.device)
        codes = self.codes[:, image].expand(len(latents), len(levels), -1, -1).clone()
        rows = torch.arange(len(latents), device=self.codes.device)
        codes[rows, :, :, latents] *= factors[None, :, None]
        return self._decode(codes.flatten(0, 2)).unflatten(0, codes.shape[:3]).mean(2)


def localise(
    method,
    observation: Tensor,
    lost: Tensor | None,
    levels: Sequence[float],
    samples: int,
    batch_size: int,
    generator: torch.Generator,
) -> pd.DataFrame:
    """For every image the latent with the highest localisation ratio, among consistently active and all active ones.

    The ratio is the mean squared change of the reconstruction inside the lost region over that outside (definitions:
    docs/definitions.md).

    Arguments:
        method: answers `posterior(y)` with a latent space.
        observation: y, shape (images, *shape of y).
        lost: True where y has lost x, shape (images, *shape of x), same device.
        levels: perturbations in multiples of the latent's value, without 0.
        samples: draws per image that decide which latents are active.
        batch_size: observations at once.
        generator: source of the draws, on the same device.

    Returns:
        One row per image: `consistent` and `active`, numbers of latents that are non-zero in all and in some samples;
        for both sets (`all_` is for the active ones) `_latent`, `_ratio` and `_change`, the mean squared change inside
        the lost region; NaN where no latent has an effect.

    Raises:
        VspairError: there is no lost region, where nothing is lost by place; or a reconstruction is not finite.
        ValueError: the lost region is not of the shape of x.
    """
    if lost is None:
        raise VspairError(
            "expected a mask of what each observation has lost, since localised latents act inside of it and not "
            "outside, found none: leave the search out for problems in which nothing is lost by place"
        )
    parts = []
    with tqdm(total=len(observation), unit="image", desc="localisation", disable=None) as bar:
        for y, holes in zip(observation.split(batch_size), lost.split(batch_size), strict=True):
            perturbation = Perturbation(method.posterior(y), samples, generator)
            inside, outside = perturbation.changes(perturbation.active, levels, (holes, ~holes))
            before = sum(len(part["active"]) for part in parts)
            for change, region in ((inside, holes), (outside, ~holes)):
                _require_finite(change, perturbation.active & region.flatten(1).any(1)[:, None], before)
            has_effect = (inside > ROUNDING) & (outside > ROUNDING)
            ratio = torch.where(has_effect, inside / outside, torch.nan)
            part = {"consistent": perturbation.consistent.sum(1), "active": perturbation.active.sum(1)}
            part |= _best("consistent", torch.where(perturbation.consistent, ratio, torch.nan), inside)
            part |= _best("all", ratio, inside)
            parts.append(part)
            bar.update(len(y))
    return pd.DataFrame({name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]})


def _require_finite(change: Tensor, defined: Tensor, before: int) -> None:
    """Refuse changes that are no numbers where there are latents and pixels: they are not those without an effect."""
    bad = (defined & ~change.isfinite()).any(1).nonzero()
    if len(bad):
        raise VspairError(
            f"expected finite changes of the reconstruction of image {before + int(bad[0])} under perturbed latents, "
            "found others: the training has diverged, train again with a lower learning rate"
        )


def _best(name: str, ratio: Tensor, change: Tensor) -> dict[str, Tensor]:
    """The latent of the highest ratio in each row, its ratio and its change; NaN where there is none."""
    highest, latent = ratio.nan_to_num(nan=-torch.inf).max(1)
    none = highest == -torch.inf
    change = change.gather(1, latent[:, None])[:, 0]
    return {
        f"{name}_latent": latent.double().masked_fill(none, torch.nan),
        f"{name}_ratio": highest.masked_fill(none, torch.nan),
        f"{name}_change": change.masked_fill(none, torch.nan),
    }
