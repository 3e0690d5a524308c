"""One run from settings to a trained model, and back from its weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vspair.config.training import Training
from vspair.models.build import build
from vspair.models.method import Method, Trained
from vspair.training.checkpoint import Checkpoint, load_weights
from vspair.training.execution import PLAIN, Execution
from vspair.training.loop import Cost, fit
from vspair.training.resident import ResidentPairs
from vspair.training.seeds import initialised


def train_model(
    settings: Trained,
    frame: Mapping[str, Any],
    pairs: ResidentPairs,
    seed: int,
    training: Training | None = None,
    checkpoint: Checkpoint | None = None,
    cost: Cost | None = None,
    execution: Execution = PLAIN,
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Build a model with the initial weights of run `seed` and train it on the pairs' device; returns its history too.

    Arguments:
        settings: its kind, sizes, weights and choices.
        frame: what the problem sets, such as the shapes of QoI and observation (see `build`).
        pairs: all training pairs.
        seed: of the run.
        training: the training loop; by default that of the settings.
        checkpoint, cost, execution: as for `fit`.

    Raises:
        VspairError: a term is not finite, or the disk is full.
    """
    model = initialised(lambda: build(settings, frame), seed)
    # In this layout convolutions are fastest on both kinds of device.
    model.to(pairs.qoi.device, memory_format=torch.channels_last)
    loop = training or settings.training
    history = fit(model, pairs, loop, settings.factors(), seed, checkpoint, cost, execution)
    return model, history


def restored(settings: Method, frame: Mapping[str, Any], weights: Path | None, device: str) -> torch.nn.Module:
    """A trained method in evaluation mode on `device`.

    Arguments:
        settings, frame: as for `train_model`.
        weights: file written by `save_weights`; None for a method without anything to learn.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is truncated or of another architecture.
    """
    model = build(settings, frame)
    if weights is not None:
        load_weights(weights, model)
    return model.to(device, memory_format=torch.channels_last).eval()
