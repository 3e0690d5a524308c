"""One run from settings to a trained model, and back from its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from vspair.config.models import Model, Weights
from vspair.config.training import Choices, Training
from vspair.data.pairs import Split
from vspair.data.scales import Scale, scale_for
from vspair.data.store import read_pairs
from vspair.models.build import Settings, build
from vspair.training.checkpoint import Checkpoint, load_weights
from vspair.training.loop import Cost, ResidentPairs, fit
from vspair.training.seeds import initialised


class Trainable(Settings, Protocol):
    """A section of the configuration for a model that is trained."""

    weights: Weights


def train_model(
    name: str,
    settings: Trainable,
    frame: Mapping[str, Any],
    pairs: ResidentPairs,
    training: Training,
    choices: Choices,
    seed: int,
    checkpoint: Checkpoint | None = None,
    cost: Cost | None = None,
    precision: str = "float32",
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Build a model with the initial weights of run `seed` and train it on the pairs' device; returns its history too.

    Arguments:
        name: class in `vspair.models`.
        settings: its sizes and weights.
        frame: what the problem sets, such as `image`, height and width (see `build`).
        pairs: all training pairs.
        training, choices, checkpoint, cost, precision: as for `fit`.
        seed: of the run.

    Raises:
        VspairError: a term is not finite, or the disk is full.
    """
    model = initialised(lambda: build(name, settings, **frame), seed)
    model.to(pairs.qoi.device, memory_format=torch.channels_last)
    history = fit(model, pairs, training, choices, settings.weights, seed, checkpoint, cost, precision)
    return model, history


def restored(
    name: str, settings: Settings, frame: Mapping[str, Any], weights: Path | None, device: str
) -> torch.nn.Module:
    """A trained model in evaluation mode on `device`.

    Arguments:
        name, settings, frame: as for `train_model`.
        weights: file written by `save_weights`; None for a method without anything to learn.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is truncated or of another architecture.
    """
    model = build(name, settings, **frame)
    if weights is not None:
        load_weights(weights, model)
    return model.to(device, memory_format=torch.channels_last).eval()


@dataclass(frozen=True)
class Trained:
    """A trained model beside the test pairs, both on one device.

    Arguments:
        model: in evaluation mode.
        test: the test pairs in the scale of training.
        split: the same pairs as stored, with index and label.
        scale: from grey values to what the model sees.
    """

    model: torch.nn.Module
    test: ResidentPairs
    split: Split
    scale: Scale


def trained(
    name: str,
    problem: str,
    configuration: Mapping[str, Any],
    weights: Path,
    pairs: Path,
    device: str,
    limit: int | None = None,
) -> Trained:
    """Read what every evaluation of a trained model starts from.

    Arguments:
        name: class in `vspair.models`.
        problem: section of the configuration, in front of `image`, `data.scale` and `models.<name>`.
        configuration: dotted key -> value.
        weights: file written by `save_weights`.
        pairs: file written by `write_pairs`.
        device: `cpu` or `cuda`.
        limit: only the first test pairs; None for all.

    Raises:
        VspairError: a file is truncated, or the weights are of another architecture.
    """
    settings = Model.model_validate(configuration[f"{problem}.models.{name}"])
    stored = read_pairs(pairs)
    scale = scale_for(configuration[f"{problem}.data.scale"], stored.train.qoi)
    test = ResidentPairs.of(stored.test, scale, device, limit)
    frame = {"image": configuration[f"{problem}.image"]}
    return Trained(restored(name, settings, frame, weights, device), test, stored.test, scale)
