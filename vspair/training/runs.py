"""One run from settings to a trained model, and back from its weights."""

from collections.abc import Sequence
from pathlib import Path

import torch

from vspair.config.models import Model
from vspair.config.training import Choices, Training
from vspair.models import build
from vspair.training.checkpoint import Checkpoint, load_weights
from vspair.training.loop import ResidentPairs, fit
from vspair.training.seeds import initialised


def train_model(
    name: str,
    settings: Model,
    image: Sequence[int],
    pairs: ResidentPairs,
    training: Training,
    choices: Choices,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> tuple[torch.nn.Module, list[dict[str, float]]]:
    """Build a model with the initial weights of run `seed` and train it on the pairs' device; returns its history too.

    Arguments:
        name: class in `vspair.models`.
        settings: its sizes and weights.
        image: height and width.
        pairs: all training pairs.
        training, choices: as for `fit`.
        seed: of the run.
        checkpoint: as for `fit`.

    Raises:
        VspairError: a term is not finite, or the disk is full.
    """
    model = initialised(lambda: build(name, settings, image), seed)
    model.to(pairs.qoi.device, memory_format=torch.channels_last)
    history = fit(model, pairs, training, choices, settings.weights, seed, checkpoint)
    return model, history


def restored(name: str, settings: Model, image: Sequence[int], weights: Path, device: str) -> torch.nn.Module:
    """A trained model in evaluation mode on `device`.

    Arguments:
        name, settings, image: as for `train_model`.
        weights: file written by `save_weights`.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is truncated or of another architecture.
    """
    model = build(name, settings, image)
    load_weights(weights, model)
    return model.to(device, memory_format=torch.channels_last).eval()
