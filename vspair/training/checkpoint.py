"""Checkpoints without pickles: weights, optimiser state and history in one safetensors file."""

import json
import logging
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from vspair.errors import VspairError
from vspair.training.tensors import header_of, read_into, write_tensors

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
        write_tensors(self.path, tensors, {"identity": self.identity, "history": json.dumps(history)})

    def restore(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> list[dict[str, float]]:
        """Continue from the file if it is there and is of this run; return its history, else an empty one."""
        if not self.path.exists():
            return []
        try:
            metadata, shapes = header_of(self.path)
        except SafetensorError as error:
            raise VspairError(f"{self.path} is not a whole checkpoint ({error}): delete it to train anew") from error
        if metadata.get("identity") != self.identity:
            logger.warning(
                "%s is of another code, configuration, data or machine: training starts anew", self.path.name
            )
            return []
        targets = {MODEL + name: value for name, value in model.state_dict().items()}
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        for name in (name for name in shapes if name.startswith(OPTIMISER)):
            index, _, key = name.removeprefix(OPTIMISER).partition(".")
            parameter = parameters[int(index)]
            # The fused Adam walks through memory: its moments must lie in it as the parameters do (channels-last).
            if shapes[name] == parameter.shape:
                targets[name] = torch.empty_like(parameter, requires_grad=False)
            else:
                targets[name] = torch.empty(shapes[name], device=parameter.device)
            optimiser.state[parameter][key] = targets[name]
        read_into(self.path, targets)
        return json.loads(metadata["history"])

    def remove(self) -> None:
        """Delete the file once the run's results are written."""
        self.path.unlink(missing_ok=True)


def save_weights(path: Path, model: torch.nn.Module) -> None:
    """Write a model's weights as safetensors, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    write_tensors(path, model.state_dict())


def load_weights(path: Path, model: torch.nn.Module) -> None:
    """Read weights written by `save_weights` into a model of the same architecture.

    Raises:
        VspairError: the file is truncated or of another architecture.
    """
    weights = model.state_dict()
    try:
        _, shapes = header_of(path)
    except SafetensorError as error:
        raise _unusable(path, model, str(error)) from error
    expected = {name: tuple(value.shape) for name, value in weights.items()}
    for name in sorted(expected.keys() | shapes.keys()):
        if expected.get(name) != shapes.get(name):
            found = f"{name} was expected as {expected.get(name)} and found as {shapes.get(name)}"
            raise _unusable(path, model, found)
    read_into(path, weights)


def _unusable(path: Path, model: torch.nn.Module, reason: str) -> VspairError:
    return VspairError(f"{path} does not hold the weights of {type(model).__name__} ({reason}): train it again")
