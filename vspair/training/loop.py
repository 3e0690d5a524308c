"""The one training loop: Adam over resident pairs, with named terms, progress, checkpoints and a finite-loss guard."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from vspair.config.training import Training
from vspair.data.pairs import Split
from vspair.data.scales import Scale
from vspair.devices import arithmetic, peak_memory
from vspair.errors import VspairError
from vspair.objectives import total
from vspair.training.adam import Adam
from vspair.training.checkpoint import Checkpoint
from vspair.training.seeds import generator_for

REFRESH_SECONDS = 2.0
"""Time between looks at the running terms: each look waits for the device."""

WATCHED = 128
"""Pairs on which the encoder's gates are looked at after each epoch."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ResidentPairs:
    """All pairs of a split on the device, scaled once.

    Arguments:
        qoi: x, float32 of shape (pairs, *qoi_shape).
        observation: y, shape (pairs, *observation_shape).
        lost: True where y has lost x, same shape as x; None where nothing is lost or nobody asks for it.
    """

    qoi: Tensor
    observation: Tensor
    lost: Tensor | None = None

    @classmethod
    def of(
        cls,
        split: Split,
        scale: Scale,
        device: str,
        limit: int | None = None,
        observation_scale: Scale | None = None,
    ) -> "ResidentPairs":
        """Move a split, or its first `limit` pairs, to `device` and scale the values there.

        Arguments:
            split: as stored.
            scale: of the QoI.
            device: `cpu` or `cuda`.
            limit: only the first pairs; None for all.
            observation_scale: of the observation; None if it is the QoI's.
        """
        qoi, observation, lost = (
            part if part is None else torch.from_numpy(np.ascontiguousarray(part[:limit])).to(device)
            for part in (split.qoi, split.observation, split.mask)
        )
        scales = (scale, observation_scale or scale)
        qoi, observation = (
            (values.float() - units.offset) / units.unit
            for values, units in zip((qoi, observation), scales, strict=True)
        )
        return cls(qoi, observation, lost)

    def __len__(self) -> int:
        return len(self.qoi)


@dataclass
class Cost:
    """What a training took in this session; `fit` fills it in.

    Arguments:
        seconds: wall seconds of each epoch run in this session; those before a checkpoint are not among them.
        peak_bytes: most memory that the process has held by the end of the last epoch (`peak_memory`).
    """

    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def fit(
    model: torch.nn.Module,
    pairs: ResidentPairs,
    training: Training,
    factors: Mapping[str, float],
    seed: int,
    checkpoint: Checkpoint | None = None,
    cost: Cost | None = None,
    precision: str = "float32",
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
        precision: of the forward passes (`arithmetic`); weights, optimiser and losses are float32.

    Raises:
        VspairError: a term is not finite, or the disk is full.
    """
    optimiser = Adam(model.parameters(), lr=training.learning_rate, fused=True)
    history = checkpoint.restore(model, optimiser) if checkpoint else []
    if history:
        logger.info("%s continues after epoch %d of %d", type(model).__name__, len(history), training.epochs)
    cost = cost or Cost()
    title = f"{type(model).__name__} seed {seed}"
    pairs_in_all, pairs_done = training.epochs * len(pairs), len(history) * len(pairs)
    model.train()
    with tqdm(desc=title, total=pairs_in_all, initial=pairs_done, unit="pair", smoothing=0.05, disable=None) as bar:
        for epoch in range(len(history) + 1, training.epochs + 1):
            started = time.perf_counter()
            means = _epoch(model, optimiser, pairs, training.batch_size, factors, seed, epoch, bar, precision)
            if getattr(model, "prior", None) is not None:
                means |= _sparsity(model, pairs)
            history.append({"epoch": epoch, **means})
            cost.seconds.append(time.perf_counter() - started)
            cost.peak_bytes = peak_memory(pairs.qoi.device.type)
            _report(title, epoch, training.epochs, means, len(pairs) / cost.seconds[-1])
            if checkpoint and epoch % training.checkpoint_every == 0 and epoch < training.epochs:
                checkpoint.save(model, optimiser, history)
    model.eval()
    return history


def _epoch(
    model: torch.nn.Module,
    optimiser: torch.optim.Optimizer,
    pairs: ResidentPairs,
    batch_size: int,
    factors: Mapping[str, float],
    seed: int,
    epoch: int,
    bar: tqdm,
    precision: str,
) -> dict[str, float]:
    """One pass over all pairs; returns the mean of each term per sample."""
    device = pairs.qoi.device
    noise = generator_for(device.type, seed, "noise", epoch)
    order = torch.randperm(len(pairs), generator=generator_for("cpu", seed, "order", epoch)).to(device)
    sums: dict[str, Tensor] = {}
    looked = time.perf_counter()
    for step, chosen in enumerate(order.split(batch_size), start=1):
        with arithmetic(device.type, precision):
            terms = model.terms(pairs.qoi[chosen], pairs.observation[chosen], noise)
        optimiser.zero_grad(set_to_none=True)
        loss = total(terms, factors)
        loss.mean().backward()
        optimiser.step()
        for name, value in {**terms, "total": loss}.items():
            sums[name] = sums.get(name, 0) + value.detach().sum()
        bar.update(len(chosen))
        if time.perf_counter() - looked > REFRESH_SECONDS:
            bar.set_postfix(_means(sums, min(step * batch_size, len(pairs)), epoch, step))
            looked = time.perf_counter()
    return _means(sums, len(pairs), epoch, step)


@torch.no_grad()
def _sparsity(model: torch.nn.Module, pairs: ResidentPairs) -> dict[str, float]:
    """rho, and the share of the encoder's gates that stand at exactly 1 and so have no gradient (deviation E12)."""
    model.eval()
    gates = model.encoder_gates(pairs.qoi[:WATCHED], pairs.observation[:WATCHED])
    model.train()
    return {"rho": float(model.prior.rho), "gates_at_one": float((gates == 1).double().mean())}


def _means(sums: dict[str, Tensor], samples: int, epoch: int, step: int) -> dict[str, float]:
    """Mean of each term per sample so far.

    Raises:
        VspairError: one of them is not finite.
    """
    means = dict(zip(sums, (torch.stack(list(sums.values())) / samples).tolist(), strict=True))
    for name, value in means.items():
        if not np.isfinite(value):
            raise VspairError(
                f"training stopped: the term {name!r} became {value} in epoch {epoch}, by step {step}; lower the "
                "learning rate or the weights of the objective and train again"
            )
    return means


def _report(title: str, epoch: int, epochs: int, means: dict[str, float], throughput: float) -> None:
    named = ", ".join(f"{name} {value:.4g}" for name, value in means.items())
    logger.info("%s, epoch %d/%d: %s (%.0f pairs/s)", title, epoch, epochs, named, throughput)
