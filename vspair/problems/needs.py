"""What a job takes of memory and disk at least, known from the settings alone, before any job of a run begins.

A training works out what it needs exactly before it allocates anything (`vspair.training.memory`); this comes earlier
and without torch, and only refuses what cannot be.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from vspair.devices import memory_of
from vspair.errors import VspairError
from vspair.files import free_space
from vspair.problems.inverse import ENTRY, InverseProblem

STATES = 3
"""Copies of the weights that a training holds at least: the weights themselves and Adam's two moments."""

GIB = 2**30


class Need(NamedTuple):
    """Bytes that a job takes at least.

    Arguments:
        memory: of its device.
        disk: of what it writes.
    """

    memory: int
    disk: int


def least(problem: InverseProblem, rule: str, method: str | None) -> Need:
    """What a job of a rule on a method of a problem takes; nothing of rules whose jobs are small, or not known here.

    Arguments:
        problem: its settings.
        rule: its name, of `workflow/rules/methods.smk`; `pairs` for whatever makes pairs.
        method: its name; None of a rule without methods.
    """
    qoi, observation = (math.prod(shape) for shape in problem.shapes())
    pairs = problem.pairs_made()
    # Stored as bytes at the least.
    stored = pairs * (qoi + observation)
    if rule == "pairs":
        return Need(stored, stored)
    if method is None or method not in problem.methods or rule not in ("train", "evaluate", "calibrate", "repeat"):
        return Need(0, 0)
    settings = problem.methods[method]
    weights = ENTRY * settings.least_weights(*problem.shapes())
    if rule == "train":
        return Need(stored + (STATES if hasattr(settings, "training") else 1) * weights, weights)
    evaluation, drawn = problem.evaluation, 0
    if rule == "calibrate" and settings.probabilistic:
        share = max(evaluation.calibration.share, 1 - evaluation.calibration.share)
        drawn = evaluation.calibration.samples * min(evaluation.batch_size, max(1, int(share * pairs_tested(problem))))
    if rule == "repeat" and evaluation.repeated:
        draws = evaluation.repeated.draws
        drawn = evaluation.repeated.samples * min(evaluation.batch_size, draws)
        stored += ENTRY * draws * observation
    return Need(stored + weights + ENTRY * drawn * qoi, 0)


def pairs_tested(problem: InverseProblem) -> int:
    """Test pairs of each data set; 0 where the settings do not say it."""
    return getattr(getattr(problem, "data", None), "test", 0)


def require_room(
    problems: Mapping[str, InverseProblem], jobs: Iterable[tuple[str, str, str | None]], folder: Path, device: str
) -> None:
    """Refuse jobs that this machine has too little memory or disk for, whatever else it does.

    Arguments:
        problems: settings by name.
        jobs: of each its rule, problem and method, as for `least`.
        folder: where their results are to lie.
        device: `cpu` or `cuda`, where methods are trained and evaluated.

    Raises:
        VspairError: a job takes more memory than the machine or its GPU has, or all together more disk than is free.
    """
    written = 0
    for rule, name, method in jobs:
        need = least(problems[name], rule, method)
        written += need.disk
        place = device if method else "cpu"
        if (there := memory_of(place)) is not None and need.memory > there:
            raise VspairError(
                f"{rule} of {name}{f', {method},' if method else ''} needs at least {need.memory / GIB:.1f} GiB, but "
                f"this machine has {there / GIB:.1f} GiB on device={place}: lower {name}.image, {name}.data or the "
                "method's sizes, or run it on a machine with more"
            )
    if written > (free := free_space(folder)):
        raise VspairError(
            f"the jobs write at least {written / GIB:.1f} GiB, but {free / GIB:.1f} GiB are free on the disk of "
            f"{folder}: free some space, or lower the sizes of methods and data"
        )
