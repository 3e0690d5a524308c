"""What the analyses of all runs found, as tables and figures read it; without torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from vspair.errors import VspairError
from vspair.problems.interventions.settings import CHOICES, Stack
from vspair.reporting.tables import Cell
from vspair.written import read_json

OF_DATA = ("diversity", "var_diversity")
"""Metrics of a subset alone."""

OF_MODEL = ("recon_sample", "recon_mean", "recon_diff", "ratio_sum", "sig_dims", "int_var")
"""Metrics of a trained network."""

FEATURES = ("ratio_sum", "recon_diff", "recon_mean", "recon_sample", "diversity", "var_diversity")
"""What Table 3.3 correlates with the number of significant dimensions."""

STANDS_FOR = {"digits": "mnist"}
"""Source -> the one whose published numbers it is held against where only distances are asked for."""


@dataclass(frozen=True)
class Choice:
    """One way to read what the text leaves open."""

    epochs: int
    error: str
    ratio: str
    noise: str
    similarity: str

    def key(self, metric: str) -> str:
        """Where a metric stands in a file of results, dotted."""
        if metric in OF_DATA:
            return f"diversity.{self.similarity}.{metric}"
        return f"metrics.{self.noise}.{self.error}.{self.ratio}.{metric}"

    @classmethod
    def every(cls, epochs: Sequence[int]) -> list["Choice"]:
        """All combinations."""
        return [cls(passes, *rest) for passes in epochs for rest in product(*CHOICES.values())]


def row(stack: Stack) -> str:
    """What tables call the runs of a stack: `mnist 5`, and `mnist 5 conv` where the network is not the paper's."""
    return f"{stack.source} {stack.classes}" + ("" if stack.model == "dense" else f" {stack.model}")


class Results:
    """The results of stacks, read once.

    Arguments:
        paths: stack's name -> file of each seed.

    Raises:
        VspairError: one is missing or damaged.
    """

    def __init__(self, paths: Mapping[str, Sequence[str]]):
        self.paths = {Stack.parse(name): list(files) for name, files in paths.items()}
        self._found = {
            stack: [read_json(path, {"diversity": dict, "metrics": dict}) for path in files]
            for stack, files in self.paths.items()
        }

    def values(self, stack: Stack, key: str) -> list[float]:
        """The number at a dotted key for each seed; NaN where null says that there is none.

        Raises:
            VspairError: there is neither.
        """
        return [_at(found, key, path) for found, path in zip(self._found[stack], self.paths[stack], strict=True)]

    def cell(self, stack: Stack, choice: Choice, metric: str) -> Cell:
        """One cell of Table 3.1 or 3.2."""
        key = choice.key(metric)
        return Cell(row(stack), metric, self.values(stack, key), "", self.paths[stack], key, "value")

    def of_epochs(self, epochs: int, model: str | None = None) -> list[Stack]:
        """The stacks after so many epochs, of one model or of all."""
        return [stack for stack in self.paths if stack.epochs == epochs and model in (None, stack.model)]

    def correlations(self, choice: Choice, model: str) -> dict[str, tuple[float, float]]:
        """Spearman's rho of each feature with the significant dimensions over all runs of a model, and its p-value.

        Both are NaN where one of the two is the same in every run, or there are fewer than three.
        """
        stacks = self.of_epochs(choice.epochs, model)
        column = {
            metric: np.concatenate([self.values(stack, choice.key(metric)) for stack in stacks])
            for metric in (*FEATURES, "sig_dims")
        }
        return {feature: _spearman(column[feature], column["sig_dims"]) for feature in FEATURES}


def _at(found: Any, key: str, path: str) -> float:
    for part in key.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    if found is not None and (isinstance(found, bool) or not isinstance(found, int | float)):
        raise VspairError(
            f"expected a number or null at {key} in {path}, found none: it was edited or damaged; delete it and run "
            "the same command again"
        )
    return math.nan if found is None else float(found)


def _spearman(values: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    from scipy.stats import spearmanr

    if len(values) < 3 or len(set(values)) < 2 or len(set(others)) < 2:
        return math.nan, math.nan
    rho, p = spearmanr(values, others)
    return float(rho), float(p)
