"""One method of one problem on one data set: what every job on it starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vspair.data.pairs import Pairs, Split
from vspair.data.scales import Scale
from vspair.data.store import read_pairs
from vspair.models.kinds import settings_of
from vspair.models.method import Method
from vspair.problems.registry import job_function
from vspair.training.loop import ResidentPairs
from vspair.training.runs import restored


@dataclass(frozen=True)
class Setting:
    """One method on one data set.

    Arguments:
        problem: its name.
        values: the problem's settings that the job selected, dotted key -> value.
        method: the method's settings.
        frame: what the problem sets for the method's class: shapes, or the operator (see `build`).
        stored: the pairs as stored.
        scale, observation_scale: from stored values to what the methods see.
        device: `cpu` or `cuda`.
    """

    problem: str
    values: Mapping[str, Any]
    method: Method
    frame: Mapping[str, Any]
    stored: Pairs
    scale: Scale
    observation_scale: Scale
    device: str

    def pairs(self, split: Split, limit: int | None = None) -> ResidentPairs:
        """A split, or its first pairs, on the device in the scales of the methods."""
        return ResidentPairs.of(split, self.scale, self.device, limit, self.observation_scale)

    def model(self, weights: Path | str | None) -> torch.nn.Module:
        """The method in evaluation mode with its trained weights, none if it has none.

        Raises:
            VspairError: the file is truncated or of another architecture.
        """
        return restored(self.method, self.frame, Path(weights) if weights else None, self.device)


def open_setting(problem: str, name: str, values: Mapping[str, Any], pairs: Path | str, device: str) -> Setting:
    """Read what a job on one method and one data set starts from.

    Arguments:
        problem: its name; the functions of its jobs are found by it, and the rule names those as entries.
        name: of the method.
        values: dotted key of the configuration -> value: `<problem>.methods.<name>`, and what the problem's jobs read.
        pairs: file written by `write_pairs`.
        device: `cpu` or `cuda`.

    Raises:
        VspairError: the file is truncated, or there is no such problem.
    """
    own = {key.removeprefix(f"{problem}."): value for key, value in values.items() if key.startswith(f"{problem}.")}
    method, stored = settings_of(own[f"methods.{name}"]), read_pairs(Path(pairs))
    scales = job_function(problem, "scales")(own, stored.train)
    frame = job_function(problem, "frame")(own, method, stored.train, scales)
    return Setting(problem, own, method, frame, stored, *scales, device)


def described_by(problem: str, split: Split) -> dict[str, np.ndarray]:
    """What a line of a per-image file begins with: position in the source, groups, and the problem's columns."""
    return {"index": split.index, **job_function(problem, "groups")(split), **job_function(problem, "columns")(split)}
