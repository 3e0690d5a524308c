"""The one training loop: Adam over resident pairs, with named terms, progress, checkpoints and a finite-loss guard."""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from tqdm import tqdm

from vspair.config.training import Training
from vspair.devices import peak_memory
from vspair.errors import VspairError
from vspair.networks.compilation import as_written, compiled
from vspair.networks.factored import factored_layers
from vspair.training.checkpoint import Checkpoint
from vspair.training.execution import PLAIN, Execution
from vspair.training.optimiser import optimiser_for
from vspair.training.resident import ResidentPairs
from vspair.training.seeds import derive, generator_for
from vspair.training.steps import CapturedSteps, EagerSteps

REFRESH_SECONDS = 2.0
"""Time between looks at the running terms: each look waits for the device."""

WATCHED = 128
"""Pairs on which the encoder's gates are looked at after each epoch."""

logger = logging.getLogger(__name__)


@dataclass
class Cost:
    """What a training took in this session; `fit` fills it in.

    Arguments:
        seconds: wall seconds of each epoch run in this session; those before a checkpoint are not among them.
        preparation: wall seconds before the first step: a capture with its warm-up, and what is compiled for it.
        peak_bytes: most memory that the process has held by the end of the last epoch (`peak_memory`).
    """

    seconds: list[float] = field(default_factory=list)
    preparation: float = 0.0
    peak_bytes: int = 0

    def told(self, epochs: int) -> dict[str, Any]:
        """What the cost file of a training says.

        Returns:
            `seconds` per epoch (mean over this session's, None without one), those of the `preparation`, `epochs`,
            `here` (epochs of this session) and `peak_bytes`.
        """
        mean = sum(self.seconds) / len(self.seconds) if self.seconds else None
        here = {"epochs": epochs, "here": len(self.seconds)}
        return {"seconds": mean, "preparation": self.preparation, **here, "peak_bytes": self.peak_bytes}


def fit(
    model: torch.nn.Module,
    pairs: ResidentPairs,
    training: Training,
    factors: Mapping[str, float],
    seed: int,
    checkpoint: Checkpoint | None = None,
    cost: Cost | None = None,
    execution: Execution = PLAIN,
) -> list[dict[str, float]]:
    """Train `model` in place and return its history: one row per epoch with the mean of each term per sample.

    The order of the pairs and the latent noise of an epoch depend on `seed` and the epoch alone, so that a run taken up
    from a checkpoint ends with the same bits as one that was not interrupted (same device, threads and versions).

    Arguments:
        model: on the device of `pairs`, with `terms(qoi, observation, generator)`.
        pairs: all training pairs.
        training: epochs, batch size, learning rate, checkpoints.
        factors: of the objective's named terms (`Trained.factors`, Table 9).
        seed: of the run.
        checkpoint: where to continue from and to save to; None to do neither.
        cost: filled in with time and memory, which are not in the history: it is the same in every session.
        execution: how the steps are run.

    Raises:
        VspairError: a term is not finite, the checkpoint is damaged, or the disk is full.
    """
    device = pairs.qoi.device.type
    optimiser = optimiser_for(model, training.learning_rate)
    if checkpoint:
        checkpoint.expect(training.epochs, -(-len(pairs) // training.batch_size))
    history = checkpoint.restore(model, optimiser) if checkpoint else []
    if history:
        logger.info("%s continues after epoch %d of %d", type(model).__name__, len(history), training.epochs)
    cost = cost or Cost()
    title = f"{type(model).__name__} seed {seed}"
    pairs_in_all, pairs_done = training.epochs * len(pairs), len(history) * len(pairs)
    model.train()
    kind = CapturedSteps if execution.captured else EagerSteps
    with (
        compiled(model, execution.compiled),
        tqdm(desc=title, total=pairs_in_all, initial=pairs_done, unit="pair", smoothing=0.05, disable=None) as bar,
    ):
        started = time.perf_counter()
        steps = kind(model, optimiser, pairs, training.batch_size, factors, execution, torch.Generator(device))
        cost.preparation = time.perf_counter() - started
        for epoch in range(len(history) + 1, training.epochs + 1):
            started = time.perf_counter()
            means = _epoch(steps, len(pairs), seed, epoch, bar)
            if getattr(model, "prior", None) is not None:
                with as_written(execution.compiled):
                    means |= _sparsity(model, pairs)
            history.append({"epoch": epoch, **means})
            cost.seconds.append(time.perf_counter() - started)
            cost.peak_bytes = peak_memory(device)
            _report(title, epoch, training.epochs, means, len(pairs) / cost.seconds[-1])
            if checkpoint and epoch % training.checkpoint_every == 0 and epoch < training.epochs:
                checkpoint.save(model, optimiser, history)
    # Whatever trains the model next would find no gradient where factors are kept.
    for layer in factored_layers(model):
        layer.keep_gradient()
    model.eval()
    return history


def _epoch(steps: EagerSteps, pairs: int, seed: int, epoch: int, bar: tqdm) -> dict[str, float]:
    """One pass over all pairs; returns the mean of each term per sample."""
    steps.noise.manual_seed(derive(seed, "noise", epoch))
    order = torch.randperm(pairs, generator=generator_for("cpu", seed, "order", epoch))
    done, looked = 0, time.perf_counter()
    for step, taken in enumerate(steps.over(order), start=1):
        done += taken
        bar.update(taken)
        if time.perf_counter() - looked > REFRESH_SECONDS:
            bar.set_postfix(_finite(steps.means(done), epoch, step))
            looked = time.perf_counter()
    return _finite(steps.means(done), epoch, step)


@torch.no_grad()
def _sparsity(model: torch.nn.Module, pairs: ResidentPairs) -> dict[str, float]:
    """rho, and the share of the encoder's gates that stand at exactly 1 and so have no gradient (deviation E12)."""
    model.eval()
    gates = model.encoder_gates(pairs.qoi[:WATCHED], pairs.observation[:WATCHED])
    model.train()
    return {"rho": float(model.prior.rho), "gates_at_one": float((gates == 1).double().mean())}


def _finite(means: dict[str, float], epoch: int, step: int) -> dict[str, float]:
    """The means as they are.

    Raises:
        VspairError: one of them is not finite.
    """
    for name, value in means.items():
        if not math.isfinite(value):
            raise VspairError(
                f"training stopped: the term {name!r} became {value} in epoch {epoch}, by step {step}; lower the "
                "learning rate or the weights of the objective and train again"
            )
    return means


def _report(title: str, epoch: int, epochs: int, means: dict[str, float], throughput: float) -> None:
    named = ", ".join(f"{name} {value:.4g}" for name, value in means.items())
    logger.info("%s, epoch %d/%d: %s (%.0f pairs/s)", title, epoch, epochs, named, throughput)
