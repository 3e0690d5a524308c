"""Checkpoints without pickles: weights, optimiser state and history in one safetensors file."""

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from vspair.errors import VspairError
from vspair.files import sha256
from vspair.training.tensors import CODES, Form, form_of, header_of, read, read_into, require_usable, write_tensors

MODEL = "model."
OPTIMISER = "optimiser."

STEP, SQUARE = "step", "exp_avg_sq"
STATE = (STEP, "exp_avg", SQUARE)
"""What Adam keeps of each parameter that has had a gradient."""

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
        self._length: tuple[int, int] | None = None

    @classmethod
    def beside(
        cls, weights: Path, fingerprint: str, configuration: Mapping[str, Any], seed: int, data: Path, run_on: str
    ) -> "Checkpoint":
        """That of a job, in the folder of the weights that it will write.

        Arguments:
            weights: file of the weights, or another result of the job in that folder.
            fingerprint: of the job's code.
            configuration: that the job uses, dotted key -> value.
            seed: of the run.
            data: file that it learns from, known by its checksum.
            run_on: device and threads, on which rounding depends.

        Raises:
            VspairError: the file of the data cannot be read.
        """
        what = {"fingerprint": fingerprint, "configuration": configuration, "seed": seed, "data": sha256(data)}
        return cls(weights.with_name("checkpoint.safetensors"), {**what, "on": run_on, "torch": torch.__version__})

    def expect(self, epochs: int, steps: int) -> None:
        """Say how long the run is, so that `restore` can tell a state that this run never has.

        Arguments:
            epochs: of the whole training.
            steps: of one epoch.
        """
        self._length = epochs, steps

    def save(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, history: list[dict[str, float]]) -> None:
        """Write weights, optimiser state and the history so far.

        Raises:
            VspairError: the disk is full.
        """
        tensors = {MODEL + name: value for name, value in model.state_dict().items()}
        states = optimiser.state_dict()["state"]
        for index, state in states.items():
            tensors |= {f"{OPTIMISER}{index}.{name}": value for name, value in state.items()}
        # A parameter without a gradient has no moments; those that have are named, so that none can be lost unseen.
        texts = {"history": json.dumps(history), "moments": json.dumps(sorted(states))}
        write_tensors(self.path, tensors, {"identity": self.identity} | texts)

    def restore(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> list[dict[str, float]]:
        """Continue from the file if it is there and is of this run; return its history, else an empty one.

        All of the file is looked at before anything of it is used.

        Raises:
            VspairError: the file is of this run and damaged.
        """
        if not self.path.exists():
            return []
        try:
            metadata, found = header_of(self.path)
        except (SafetensorError, OSError) as error:
            raise self._damaged(error) from error
        if metadata.get("identity") != self.identity:
            logger.warning(
                "%s is of another code, configuration, data or machine: training starts anew", self.path.name
            )
            return []
        targets = {MODEL + name: value for name, value in model.state_dict().items()}
        parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
        try:
            history = _history(_parsed(metadata, "history"))
            kept = _indices(_parsed(metadata, "moments"), len(parameters))
            forms = {name: form_of(value) for name, value in targets.items()}
            forms |= {_name(index, key): _form(parameters[index], key) for index in kept for key in STATE}
            never_negative = {_name(index, key) for index in kept for key in (STEP, SQUARE)}
            require_usable(self.path, forms, found, never_negative)
            self._require_progress(len(history), [_name(index, STEP) for index in kept])
        except (ValueError, RecursionError, SafetensorError, OSError) as error:
            raise self._damaged(error) from error
        for index in kept:
            parameter = parameters[index]
            # The fused Adam walks through memory: its moments must lie in it as the parameters do (channels-last).
            state = {key: torch.empty_like(parameter, requires_grad=False) for key in STATE if key != STEP}
            state[STEP] = torch.empty((), device=parameter.device)
            optimiser.state[parameter].update(state)
            targets |= {_name(index, key): value for key, value in state.items()}
        read_into(self.path, targets)
        return history

    def remove(self) -> None:
        """Delete the file once the run's results are written."""
        self.path.unlink(missing_ok=True)

    def _require_progress(self, done: int, counters: list[str]) -> None:
        """Check that Adam has counted whole steps, and as many as the epochs done have."""
        counts = [float(value) for value in read(self.path, counters)]
        if not all(count >= 1 and count.is_integer() for count in counts):
            raise ValueError(f"expected whole steps, 1 at least, found {min(counts):g} to {max(counts):g} counted")
        if self._length is None:
            return
        epochs, steps = self._length
        if done > epochs:
            raise ValueError(f"expected a history of at most the {epochs} epochs of the training, found {done}")
        if max(counts, default=0) != done * steps:
            counted = f"{max(counts, default=0):g}"
            raise ValueError(f"expected {done * steps} steps in {done} epochs, found {counted} counted")

    def _damaged(self, reason: Exception | str) -> VspairError:
        return VspairError(f"{self.path} is not a whole checkpoint ({reason}): delete it to train anew")


def _name(index: int, key: str) -> str:
    return f"{OPTIMISER}{index}.{key}"


def _form(parameter: torch.Tensor, key: str) -> Form:
    return (CODES[torch.float32], ()) if key == STEP else form_of(parameter)


def _parsed(metadata: dict[str, str], name: str) -> Any:
    if name not in metadata:
        raise ValueError(f"expected its {name}, found none")
    return json.loads(metadata[name])


def _history(found: Any) -> list[dict[str, float]]:
    """A history whose rows are the epochs from the first on, all with finite numbers of the same names."""
    if not (isinstance(found, list) and found and all(isinstance(row, dict) for row in found)):
        raise ValueError("expected its history as a list with a row for each epoch, found another value")
    for epoch, row in enumerate(found, start=1):
        if row.get("epoch") != epoch or row.keys() != found[0].keys():
            raise ValueError(f"expected row {epoch} of its history to be epoch {epoch} with the terms of the first")
        for name, value in row.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"expected a finite {name} of epoch {epoch} in its history, found {value!r:.40}")
    return found


def _indices(found: Any, parameters: int) -> list[int]:
    """Numbers of the parameters that have moments, rising."""
    numbers = isinstance(found, list) and all(type(each) is int and 0 <= each < parameters for each in found)
    if not numbers or found != sorted(set(found)):
        raise ValueError(f"expected numbers of the {parameters} parameters as those with moments, found others")
    return found


def save_weights(path: Path, model: torch.nn.Module) -> None:
    """Write a model's weights as safetensors, whole or not at all.

    Raises:
        VspairError: the disk is full.
    """
    write_tensors(path, model.state_dict())


def load_weights(path: Path, model: torch.nn.Module) -> None:
    """Read weights written by `save_weights` into a model of the same architecture, all or none.

    Raises:
        VspairError: the file is missing, truncated, of another architecture, or holds what is not finite.
    """
    weights = model.state_dict()
    try:
        _, found = header_of(path)
        require_usable(path, {name: form_of(value) for name, value in weights.items()}, found)
    except (SafetensorError, OSError, ValueError) as error:
        raise VspairError(
            f"{path} does not hold the weights of {type(model).__name__} ({error}): train it again"
        ) from error
    read_into(path, weights)
