"""How the steps of a training are run; none of it changes what is computed, but for rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Execution:
    """How the steps of a training are run.

    Arguments:
        precision: of the forward passes (`vspair.devices.arithmetic`): `float32`, `tf32` or `bfloat16`; weights,
            optimiser and losses are float32.
        captured: one graph of all operations of a step, replayed (CUDA alone), in the place of one launch each.
        compiled: encoders and decoders through torch's compiler, which takes minutes at the start.
    """

    precision: str = "float32"
    captured: bool = False
    compiled: bool = False

    @classmethod
    def of(cls, configuration: Mapping[str, Any], device: str) -> "Execution":
        """What a job's configuration asks for on `device`: without a word steps are captured on `cuda`."""
        captured = configuration["captured"]
        captured = device == "cuda" if captured is None else captured
        return cls(configuration["precision"], captured, configuration["compiled"])


PLAIN = Execution()
"""Full precision, operation by operation."""
