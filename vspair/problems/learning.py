"""How a method learns from the training pairs of its data set, and what that took."""

import time
from typing import Any

import torch

from vspair.config.training import Training
from vspair.devices import peak_memory
from vspair.files import require_space
from vspair.models.build import build
from vspair.problems.setting import Setting
from vspair.training.checkpoint import Checkpoint
from vspair.training.execution import PLAIN, Execution
from vspair.training.loop import Cost
from vspair.training.memory import memory_needed, require_memory
from vspair.training.runs import train_model


def learn(
    setting: Setting,
    seed: int,
    checkpoint: Checkpoint | None = None,
    execution: Execution = PLAIN,
    training: Training | None = None,
    limit: int | None = None,
) -> tuple[torch.nn.Module, list[dict[str, float]], dict[str, Any]]:
    """Train a method, or choose its strength, on the training pairs.

    Arguments:
        setting: the method on its data set.
        seed, checkpoint, execution: as for `train_model`.
        training: the training loop; by default the method's own.
        limit: only the first training pairs; None for all.

    Returns:
        The method; its history; and its cost (`Cost.told`).

    Raises:
        VspairError: the training does not fit into memory, a term is not finite, or the disk is full.
    """
    training = training or getattr(setting.method, "training", None)
    if training is None:
        return _tuned(setting)
    _require_room(setting, training, execution, checkpoint)
    spent, pairs = Cost(), setting.pairs(setting.stored.train, limit)
    model, history = train_model(setting.method, setting.frame, pairs, seed, training, checkpoint, spent, execution)
    return model, history, spent.told(training.epochs)


def _tuned(setting: Setting) -> tuple[torch.nn.Module, list[dict[str, float]], dict[str, Any]]:
    """A method without training steps, whose strength is chosen on training pairs."""
    pairs = setting.pairs(setting.stored.train, setting.method.pairs)
    model = build(setting.method, setting.frame).to(setting.device)
    started = time.perf_counter()
    history = model.tune(pairs.qoi, pairs.observation)
    seconds = time.perf_counter() - started
    return model, history, Cost([seconds], peak_bytes=peak_memory(setting.device)).told(1)


def _require_room(setting: Setting, training: Training, execution: Execution, checkpoint: Checkpoint | None) -> None:
    """Refuse a training that the device has no memory or the disk no space for, before anything is allocated."""
    if "operator" in setting.frame:
        # Methods ask for it when they are built, which is done without numbers below.
        setting.frame["operator"].norm()
    train = setting.stored.train
    needed = memory_needed(
        lambda: build(setting.method, setting.frame),
        train.qoi.shape[1:],
        train.observation.shape[1:],
        training.batch_size,
        execution.precision,
    )
    # On the device the pairs are float32, whatever they are stored as.
    resident = 4 * (train.qoi.size + train.observation.size)
    # A copy of the state is kept while the steps before a capture change it.
    kept = needed.weights + needed.optimiser if execution.captured else 0
    what = f"training {setting.method.kind} with {len(train)} pairs"
    require_memory(needed.total + resident + kept, setting.device, what)
    if checkpoint:
        # A checkpoint is replaced by a whole new one, and the weights come beside it.
        size = 2 * (needed.weights + needed.optimiser) + needed.weights
        require_space(checkpoint.path, size, "make the networks smaller")
