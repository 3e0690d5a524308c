"""Short trainings of any model, uninterrupted or killed and resumed, that are compared bit by bit afterwards.

Run as a program, this module trains what the standard input describes and is killed at its first checkpoint.
"""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from vspair.config.determinism import Determinism
from vspair.config.models import Model
from vspair.config.training import Choices, Training
from vspair.data.scales import scale_for
from vspair.data.store import read_pairs
from vspair.devices import configure
from vspair.errors import VspairError
from vspair.training.checkpoint import Checkpoint
from vspair.training.loop import Cost, ResidentPairs
from vspair.training.runs import train_model
from vspair.training.scans import scan_setting

PACKAGE_PARENT = Path(__file__).parents[2]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A short training, described in JSON values so that another process can be told about it.

    Arguments:
        problem: section of the configuration that the model or method is in.
        name: of the model or method there.
        configuration: dotted key -> value: what the real training of it uses, and `determinism`.
        seed: of the run.
        pairs: file written by `write_pairs`.
        checkpoint: file for the state after each epoch.
        device: `cpu` or `cuda`.
        threads: CPU threads.
    """

    problem: str
    name: str
    configuration: Mapping[str, Any]
    seed: int
    pairs: str
    checkpoint: str
    device: str
    threads: int


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Arguments:
        model: trained.
        history: one row per epoch, as from `fit`.
        pairs: training pairs.
        continued_after: epochs that this process did not train because a checkpoint had them; 0 without one.
    """

    model: torch.nn.Module
    history: list[dict[str, float]]
    pairs: int
    continued_after: int


def run_trial(trial: Trial, interrupted: bool) -> Outcome:
    """Train in this process; if `interrupted`, after another process was killed with the first epoch on the disk.

    Raises:
        VspairError: that process was not killed at its first checkpoint, this one did not continue after it, a term is
            not finite, or the disk is full.
    """
    checkpoint = _checkpoint(trial, Checkpoint)
    # Of an earlier try: what counts as uninterrupted must not continue from it.
    checkpoint.remove()
    if interrupted:
        _train_and_die(trial)
    outcome = _train(trial, checkpoint)
    if outcome.continued_after != int(interrupted):
        raise VspairError(
            f"expected the training of {trial.name} to continue after epoch {int(interrupted)} of "
            f"{len(outcome.history)}, found that it continued after epoch {outcome.continued_after}: mend how "
            "vspair.training restores a checkpoint"
        )
    checkpoint.remove()
    return outcome


class _Fatal(Checkpoint):
    """A checkpoint that its process does not survive: whatever is not in the file is lost."""

    def save(self, *state: Any) -> None:
        super().save(*state)
        # By itself and not from outside: a short training may end before another process notices the file.
        os.kill(os.getpid(), signal.SIGKILL)


def _checkpoint(trial: Trial, kind: type[Checkpoint]) -> Checkpoint:
    return kind(Path(trial.checkpoint), asdict(trial))


def _train(trial: Trial, checkpoint: Checkpoint) -> Outcome:
    """Train as the real training of the model or method does, but for its length."""
    values, problem, name = trial.configuration, trial.problem, trial.name
    configure(trial.device, trial.threads, values["precision"])
    budget = Determinism.model_validate(values["determinism"])
    if f"{problem}.methods.{name}" in values:
        setting = scan_setting(name, problem, values, Path(trial.pairs), trial.device)
        kind, settings, frame, training = setting.kind, setting.method, setting.frame, setting.method.training
        choices = Choices.model_validate(values[f"{problem}.choices"]) if settings.probabilistic else None
        pairs = setting.pairs(setting.stored.train, budget.pairs(training.batch_size))
    else:
        kind, settings = name, Model.model_validate(values[f"{problem}.models.{name}"])
        frame, choices = {"image": values[f"{problem}.image"]}, Choices.model_validate(values[f"{problem}.choices"])
        training = Training.model_validate(values[f"{problem}.training"])
        stored = read_pairs(Path(trial.pairs)).train
        scale = scale_for(values[f"{problem}.data.scale"], stored.qoi)
        pairs = ResidentPairs.of(stored, scale, trial.device, budget.pairs(training.batch_size))
    short, spent = training.model_copy(update={"epochs": budget.epochs, "checkpoint_every": 1}), Cost()
    model, history = train_model(
        kind, settings, frame, pairs, short, choices, trial.seed, checkpoint, spent, values["precision"]
    )
    # From the epochs that ran and not from the checkpoint: it may be read and then not be used.
    return Outcome(model, history, len(pairs), budget.epochs - len(spent.seconds))


def _train_and_die(trial: Trial) -> None:
    """Train in another process, which is killed as soon as the first epoch is on the disk.

    Raises:
        VspairError: it ended otherwise.
    """
    path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "vspair.training.trials"],
        input=json.dumps(asdict(trial)),
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    logger.info("%s", done.stderr.rstrip())
    if done.returncode != -signal.SIGKILL or not Path(trial.checkpoint).exists():
        last = (done.stderr.strip().splitlines() or ["without a message"])[-1]
        raise VspairError(
            f"expected the training of {trial.name} to be killed at its first checkpoint {trial.checkpoint}, found "
            f"that it ended with status {done.returncode} ({last}): see the job's log"
        )
    logger.info("%s was killed after its first checkpoint", trial.name)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    described = Trial(**json.load(sys.stdin))
    _train(described, _checkpoint(described, _Fatal))
