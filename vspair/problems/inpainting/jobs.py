"""Jobs of blind inpainting: pairs, scales, and the latents that Figures 4 to 6 show."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vspair.data.pairs import Pairs, Split, make_pairs
from vspair.data.scales import Scale, scale_for
from vspair.data.sources import clean_images
from vspair.evaluation import NO_LATENT, Evaluated, inspect_codes, inspect_localised, nearest_to_percentiles
from vspair.metrics import LOCALISED, read_images
from vspair.operators import cover, random_patches
from vspair.problems.inpainting.settings import Data, Localisation
from vspair.problems.setting import Setting

SENSITIVE = 3
"""Latents that Figure 5 shows."""

HALF_LEVEL, ROUNDING = 0.5, 1e-3
"""Half a grey level, and what single precision may add to it in a scale."""


def pairs(values: Mapping[str, Any], data: str, folder: Path, seed: int) -> Pairs:
    """Images and images with holes (see `make_pairs`).

    Raises:
        VspairError: a raw file is missing or damaged, or there are too few images.
    """
    settings = Data.model_validate(values["data"])
    images, labels = clean_images(data, folder, tuple(values["image"]))
    return make_pairs(images, labels, settings.train, settings.test, settings.patches, settings.patch_size, seed)


def described(pairs: Pairs) -> str:
    """The pairs in one sentence for the log."""
    lost = 100 * pairs.train.mask.mean()
    return f"{len(pairs.train)} training and {len(pairs.test)} test pairs, {lost:.1f} % of the pixels lost"


def scales(values: Mapping[str, Any], train: Split) -> tuple[Scale, Scale]:
    """Grey values of QoI and observation have one scale."""
    scale = scale_for(values["data.scale"], train.qoi)
    return scale, scale


def resolution(values: Mapping[str, Any], scale: Scale) -> float:
    """Half a grey level, below which an interval says nothing."""
    return HALF_LEVEL / scale.unit


def misfit(setting: Setting, split: Split) -> Callable[[Tensor, Tensor], dict[str, Tensor]]:
    """How far images are from what is visible of a split's observations, which have no noise.

    Returns:
        (x, places) -> `residual`, the norm of the difference on visible pixels over that of y there, in grey values,
        NaN where all that is visible is black; and `agreement`, the share of visible pixels within half a grey level.
    """
    held, scale = setting.pairs(split), setting.scale

    def misfits(qoi: Tensor, places: Tensor) -> dict[str, Tensor]:
        visible = ~held.lost[places].flatten(1)
        grey = scale.unit * held.observation[places].flatten(1) + scale.offset
        apart = (scale.unit * (qoi - held.observation[places])).flatten(1)
        residual = (apart * visible).double().norm(dim=1) / (grey * visible).double().norm(dim=1)
        agrees = (apart.abs() <= HALF_LEVEL + ROUNDING) & visible
        return {
            "residual": residual.where(residual.isfinite(), torch.nan),
            "agreement": agrees.sum(1).double() / visible.sum(1),
        }

    return misfits


def observed_again(
    setting: Setting, image: int, count: int, files: Mapping[str, str], generator: np.random.Generator
) -> Split:
    """A test image with other holes each time, as many and as large as all images have.

    Arguments:
        setting: with `data.patches` and `data.patch_size` among its values.
        image: its position in the test split.
        count: number of observations.
        files: unused.
        generator: source of the holes.

    Returns:
        The same x `count` times, each time with another observation and mask.
    """
    split = setting.stored.test
    patches, size = (setting.values[f"data.{key}"] for key in ("patches", "patch_size"))
    qoi, index, label = (np.repeat(part[image : image + 1], count, 0) for part in (split.qoi, split.index, split.label))
    mask = random_patches(count, qoi.shape[2:], patches, size, generator)[:, None]
    return Split(qoi, cover(qoi, mask, 0), mask, index, label)


def summary(setting: Setting, result: Evaluated) -> dict[str, Any]:
    """Shares of latents, and the factor to grey values in [0, 1]."""
    return {"latents": result.latents, "mse_to_unit": setting.scale.mse_to_unit}


def inspect(
    setting: Setting, model: nn.Module, files: Mapping[str, str], generator: torch.Generator
) -> tuple[dict[str, Tensor], str]:
    """Codes of chosen test images, and reconstructions with one latent moved (Figures 4 to 6).

    Arguments:
        setting: with `figures.examples`, `figures.levels`, `figures.localised`, `evaluation.samples` and
            `evaluation.localisation` among its values.
        model: trained.
        files: `localisation`, the search's file.
        generator: source of all draws.

    Returns:
        Tensors by name, and a sentence for the log.
    """
    figures = {key: setting.values[f"figures.{key}"] for key in ("examples", "levels", "localised")}
    search = Localisation.model_validate(setting.values["evaluation.localisation"])
    samples, test = setting.values["evaluation.samples"], setting.pairs(setting.stored.test)
    examples = torch.tensor(figures["examples"])
    posterior = model.posterior(test.observation[examples.to(setting.device)])
    looked = inspect_codes(posterior, 0, search.levels, figures["levels"], samples, SENSITIVE, generator)

    localised = read_images(files["localisation"], (), search.images, empty=LOCALISED)
    chosen = nearest_to_percentiles(localised["all_ratio"], figures["localised"])
    latents = localised["all_latent"][chosen].fillna(NO_LATENT).astype(int).tolist()
    posterior = model.posterior(test.observation[torch.tensor(chosen, device=setting.device)])
    looked |= inspect_localised(posterior, latents, figures["levels"], samples, generator)
    looked |= {
        "images": examples,
        "levels": torch.tensor(figures["levels"]),
        "localised": torch.tensor(chosen),
        "localised_latent": torch.tensor(latents),
        "localised_ratio": torch.tensor(np.asarray(localised["all_ratio"][chosen])),
    }
    sensitive = looked["sensitive"].tolist()
    sentence = (
        f"most sensitive latents of test image {int(examples[0])}: {sensitive}; most localised latents of test images "
        f"{chosen}: {latents}"
    )
    return looked, sentence
