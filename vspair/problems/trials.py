"""Short trainings of any method, uninterrupted or killed and resumed, that are compared bit by bit afterwards.

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
from vspair.devices import configure
from vspair.errors import VspairError
from vspair.problems.learning import learn
from vspair.problems.setting import open_setting
from vspair.training.checkpoint import Checkpoint
from vspair.training.execution import Execution

PACKAGE_PARENT = Path(__file__).parents[2]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """A short training, described in JSON values so that another process can be told about it.

    Arguments:
        problem: its name.
        name: of the method.
        configuration: dotted key -> value: what the method's real training uses, and `determinism`.
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
    """Train as the real training of the method does, but for its length."""
    values, problem, name = trial.configuration, trial.problem, trial.name
    configure(trial.device, trial.threads, values["precision"])
    budget = Determinism.model_validate(values["determinism"])
    setting = open_setting(problem, name, values, trial.pairs, trial.device)
    short = setting.method.training.model_copy(update={"epochs": budget.epochs, "checkpoint_every": 1})
    limit = budget.pairs(short.batch_size)
    execution = Execution.of(values, trial.device)
    model, history, cost = learn(setting, trial.seed, checkpoint, execution, short, limit)
    # From the epochs that ran and not from the checkpoint: it may be read and then not be used.
    return Outcome(model, history, min(limit, len(setting.stored.train)), budget.epochs - cost["here"])


def _train_and_die(trial: Trial) -> None:
    """Train in another process, which is killed as soon as the first epoch is on the disk.

    Raises:
        VspairError: it ended otherwise.
    """
    path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "vspair.problems.trials"],
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
