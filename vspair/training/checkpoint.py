"""Checkpoints without pickles: weights, optimiser state and history in one safetensors file."""

import json
import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from vspair.errors import VspairError
from vspair.files import whole

MODEL = "model."
OPTIMISER = "optimiser."

logger = logging.getLogger(__name__)


class Checkpoint:
    """The last whole state of one training run, replaced atomically.

    Arguments:
        path: the file.
        identity: what the run is (code, data, configuration, seed, device, threads); a checkpoint of another identity
            is not continued.
    """

    def __init__(self, path: Path, identity: dict[str, Any]):
        self.path = path
        self.identity = json.dumps(identity, sort_keys=True)

    def save(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, history: list[dict[str, float]]) -> None:
        """Write weights, optimiser state and the history so far.

        Raises:
            VspairError: the disk is full.
        """
        tensors = {MODEL + name: value for name, value in model.state_dict().items()}
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"{OPTIMISER}{index}.{name}": value for name, value in state.items()}
        metadata = {"identity": self.identity, "history": json.dumps(history)}
        with whole(self.path) as temporary:
            save_file({name: value.contiguous() for name, value in tensors.items()}, temporary, metadata)

    def restore(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> list[dict[str, float]]:
        """Continue from the file if it is there and is of this run; return its history, else an empty one."""
        if not self.path.exists():
            return []
        try:
            with safe_open(self.path, framework="pt") as file:
                metadata = file.metadata() or {}
            tensors = load_file(self.path)
        except SafetensorError as error:
            raise VspairError(f"{self.path} is not a whole checkpoint ({error}): delete it to train anew") from error
        if metadata.get("identity") != self.identity:
            logger.warning(
                "%s is of another code, configuration, data or machine: training starts anew", self.path.name
            )
            return []
        model.load_state_dict(_part(tensors, MODEL))
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _part(tensors, OPTIMISER).items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        # The fused Adam walks through memory: its moments must lie in it as the parameters do (channels-last).
        for parameter, moments in optimiser.state.items():
            for key, value in moments.items():
                if value.shape == parameter.shape:
                    moments[key] = torch.empty_like(parameter).copy_(value)
        return json.loads(metadata["history"])

    def remove(self) -> None:
        """Delete the file once the run's results are written."""
        self.path.unlink(missing_ok=True)


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def save_weights(path: Path, model: torch.nn.Module) -> None:
    """Write a model's weights as safetensors, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    with whole(path) as temporary:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, temporary)


def load_weights(path: Path, model: torch.nn.Module) -> None:
    """Read weights written by `save_weights` into a model of the same architecture.

    Raises:
        VspairError: the file is truncated or of another architecture.
    """
    try:
        model.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise VspairError(
            f"{path} does not hold the weights of {type(model).__name__} ({reason}): train it again"
        ) from error
