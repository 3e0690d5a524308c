"""Methods for scans: what they start from (operator, pairs as the methods see them) and how they learn."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter

from vspair.config.methods import AnyMethod, Method, Variational
from vspair.config.scans import ScanSettings
from vspair.config.training import Choices
from vspair.data.pairs import Pairs, Split
from vspair.data.scales import Scale, scan_scales
from vspair.data.store import read_pairs
from vspair.devices import peak_memory
from vspair.files import require_space
from vspair.models.build import build
from vspair.operators import Scan
from vspair.operators.ray import RayTransform
from vspair.training.checkpoint import Checkpoint
from vspair.training.loop import Cost, ResidentPairs
from vspair.training.memory import memory_needed, require_memory
from vspair.training.runs import restored, train_model


@dataclass(frozen=True)
class ScanSetting:
    """One method on one noise data set.

    Arguments:
        kind: class of the method in `vspair.models`.
        method: its settings.
        frame: what the problem sets for its class: sizes, or the operator (see `build`).
        stored: the pairs as stored.
        scale, observation_scale: from stored values to what the methods see.
        device: `cpu` or `cuda`.
    """

    kind: str
    method: Method
    frame: Mapping[str, Any]
    stored: Pairs
    scale: Scale
    observation_scale: Scale
    device: str

    def pairs(self, split: Split, limit: int | None = None) -> ResidentPairs:
        """A split, or its first pairs, on the device in the scales of the methods."""
        return ResidentPairs.of(split, self.scale, self.device, limit, self.observation_scale)

    def model(self, weights: Path | None) -> torch.nn.Module:
        """The method in evaluation mode with its trained weights, None if it has none.

        Raises:
            VspairError: the file is truncated or of another architecture.
        """
        return restored(self.kind, self.method, self.frame, weights, self.device)


def scan_setting(name: str, problem: str, configuration: Mapping[str, Any], pairs: Path, device: str) -> ScanSetting:
    """Read what a job on one method and one data set starts from.

    Arguments:
        name: of the method in the configuration.
        problem: section of the configuration, in front of `image`, `observation`, `scan`, `data.scale` and
            `methods.<name>`.
        configuration: dotted key -> value.
        pairs: file written by `write_pairs`.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is truncated.
    """
    method = TypeAdapter(AnyMethod).validate_python(configuration[f"{problem}.methods.{name}"])
    stored = read_pairs(pairs)
    scale, observation_scale = scan_scales(configuration[f"{problem}.data.scale"], stored.train)
    image, observation = (tuple(configuration[f"{problem}.{part}"]) for part in ("image", "observation"))
    frame: dict[str, Any] = {"image": image, "observation": observation}
    if method.physical:
        scan = ScanSettings.model_validate(configuration[f"{problem}.scan"])
        geometry = Scan(**scan.geometry()).reduced(image, observation, scan.binning)
        # It moves to the device with the method, once the method is known to fit there.
        frame = {"operator": RayTransform(geometry, 1 / observation_scale.unit)}
        if isinstance(method, Variational):
            cut = max(scan.pixels - side * scan.binning for side in image) / 2
            frame["margin"] = math.ceil(cut / scan.binning)
    return ScanSetting(method.kind, method, frame, stored, scale, observation_scale, device)


def learn(
    setting: ScanSetting,
    choices: Choices | None,
    seed: int,
    checkpoint: Checkpoint | None = None,
    precision: str = "float32",
) -> tuple[torch.nn.Module, list[dict[str, float]], dict[str, float]]:
    """Train a method, or choose its strength, on the training pairs.

    Arguments:
        setting: the method on its data set.
        choices: what the paper leaves open; None for a method that it does not concern.
        seed, checkpoint, precision: as for `train_model`.

    Returns:
        The method; its history; and its cost: `seconds` per epoch (mean over this session's), `epochs`, and
        `peak_bytes` held by the process (`peak_memory`).

    Raises:
        VspairError: the training does not fit into memory, a term is not finite, or the disk is full.
    """
    method = setting.method
    if isinstance(method, Variational):
        pairs = setting.pairs(setting.stored.train, method.pairs)
        model = build(setting.kind, method, **setting.frame).to(setting.device)
        started = time.perf_counter()
        history = model.tune(pairs.qoi, pairs.observation)
        cost = {"seconds": time.perf_counter() - started, "epochs": 1, "peak_bytes": peak_memory(setting.device)}
        return model, history, cost
    _require_room(setting, choices, precision, checkpoint)
    spent = Cost()
    model, history = train_model(
        setting.kind,
        method,
        setting.frame,
        setting.pairs(setting.stored.train),
        method.training,
        choices,
        seed,
        checkpoint,
        spent,
        precision,
    )
    mean = sum(spent.seconds) / len(spent.seconds) if spent.seconds else None
    return model, history, {"seconds": mean, "epochs": method.training.epochs, "peak_bytes": spent.peak_bytes}


def _require_room(setting: ScanSetting, choices: Choices | None, precision: str, checkpoint: Checkpoint | None) -> None:
    """Refuse a training that the device has no memory or the disk no space for, before anything is allocated."""
    if "operator" in setting.frame:
        # Methods ask for it when they are built, which is done without numbers below.
        setting.frame["operator"].norm()
    train = setting.stored.train
    needed = memory_needed(
        lambda: build(setting.kind, setting.method, **setting.frame),
        train.qoi.shape[1:],
        train.observation.shape[1:],
        setting.method.training.batch_size,
        choices,
        precision,
    )
    resident = train.qoi.nbytes + train.observation.nbytes
    require_memory(needed.total + resident, setting.device, f"training {setting.kind} with {len(train)} pairs")
    if checkpoint:
        # A checkpoint is replaced by a whole new one, and the weights come beside it.
        require_space(checkpoint.path, 2 * (needed.weights + needed.optimiser) + needed.weights)
