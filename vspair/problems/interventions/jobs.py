"""Jobs of the intervention analysis: what is trained as one, and what is measured of each run."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vspair.config.training import Training
from vspair.data.subsets import Subsets, read_subsets
from vspair.evaluation.ablation import Errors, codes, contributions, intervene, summarised
from vspair.evaluation.diversity import diversity
from vspair.evaluation.structure import errors
from vspair.models.image_vae import ConvVAE, DenseVAE, ImageVAE
from vspair.problems.interventions.settings import CHOICES, Analysis, Network, Stack
from vspair.problems.interventions.settings import Training as Schedule
from vspair.training.seeds import generator_for, initialised
from vspair.training.stacked import Runs

WHITE = 255


def network(model: str, sizes: Network) -> ImageVAE:
    """The network of a name."""
    return DenseVAE(sizes.hidden, sizes.latent) if model == "dense" else ConvVAE(sizes.latent)


def of_runs(model: str, sizes: Network, runs: int, seed: int) -> list[Callable[[], ImageVAE]]:
    """Of each run, what gives its network: all with the same initial weights, since the training's seed is the same."""
    return [partial(initialised, partial(network, model, sizes), seed)] * runs


def grey(images: np.ndarray) -> Tensor:
    """Grey values 0 to 255 as float32 in [0, 1]."""
    return torch.from_numpy(images).float() / WHITE


def stack(values: Mapping[str, Any], name: str, data: Path) -> Runs:
    """What the runs of a stack are trained on: for each seed its subset.

    Arguments:
        values: with `network` and, of `training`, all but the epochs.
        name: of the stack, see `Stack`.
        data: file of the subsets of its source.
    """
    chosen = Stack.parse(name)
    rest = {key.removeprefix("training."): value for key, value in values.items() if key.startswith("training.")}
    schedule = Schedule.model_validate({**rest, "epochs": (chosen.epochs,)})
    images = grey(read_subsets(data).of(chosen.classes)).transpose(0, 1)[:, :, None].contiguous()
    pairs, runs = images.shape[:2]
    return Runs(
        of_runs(chosen.model, Network.model_validate(values["network"]), runs, schedule.seed),
        images,
        torch.zeros(pairs, runs, 0),
        Training(**schedule.model_dump(exclude={"epochs", "seed"}), epochs=chosen.epochs),
        {"reconstruction": 1.0, "kl": 1.0},
        schedule.seed,
    )


def analysed(
    networks: Sequence[ImageVAE], subsets: Subsets, classes: int, analysis: Analysis, device: str
) -> list[dict[str, Any]]:
    """What is measured of each run, for all choices: see `measured`.

    The images, the draws of z and the pairs are those of the same positions in every subset.

    Arguments:
        networks: trained, one for each seed of the data.
        subsets: of the source.
        classes: of the subsets that they were trained on.
        analysis: what is measured.
        device: `cpu` or `cuda`.
    """
    images = subsets.of(classes)
    draws = np.random.default_rng(analysis.seed)
    pairs, chosen = (draws.choice(images.shape[1], count, replace=False) for count in (analysis.pairs, analysis.images))
    found = []
    for one, subset in zip(networks, images, strict=True):
        varied, seen = (grey(subset[positions]).to(device) for positions in (pairs, chosen))
        found.append({"diversity": _diversities(varied, analysis.window), **measured(one, seen, analysis)})
    return found


def _diversities(images: Tensor, window: int) -> dict[str, dict[str, float]]:
    sides = {"ssim": window, "global_ssim": None}
    found = {name: diversity(images, sides[name]) for name in CHOICES["similarity"]}
    return {name: dict(zip(("diversity", "var_diversity"), pair, strict=True)) for name, pair in found.items()}


@torch.no_grad()
def measured(one: ImageVAE, images: Tensor, analysis: Analysis) -> dict[str, Any]:
    """The metrics of one run for every kind of noise, error measure and ratio, and the contributions of each latent.

    Arguments:
        one: trained network.
        images: (n, height, width), with values in [0, 1].
        analysis: window, threshold and the seed of the draws of z.

    Returns:
        `metrics`: noise -> error -> ratio -> name -> value; `contributions`: noise -> error -> ratio -> one for each
        latent; `kl`: of each latent, mean over images.
    """
    posterior, measures = one.encode(images[:, None]), errors(images, analysis.window)
    metrics: dict[str, Any] = {}
    shares: dict[str, Any] = {}
    for noise in CHOICES["noise"]:
        draws = generator_for("cpu", analysis.seed, "evaluation")
        drawn = codes(posterior.mean, posterior.variance.sqrt(), noise, draws)
        of_noise = intervene(drawn, one.decode, measures)
        metrics[noise] = {name: _by_ratio(of_noise[name], analysis.threshold) for name in CHOICES["error"]}
        shares[noise] = {
            name: {ratio: contributions(of_noise[name], ratio).tolist() for ratio in CHOICES["ratio"]}
            for name in CHOICES["error"]
        }
    return {"metrics": metrics, "contributions": shares, "kl": posterior.kl_per_latent().mean(0).tolist()}


def _by_ratio(of_measure: Errors, threshold: float) -> dict[str, dict[str, float]]:
    return {ratio: summarised(of_measure, ratio, threshold) for ratio in CHOICES["ratio"]}
