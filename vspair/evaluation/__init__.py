"""Evaluation of any method that answers `reconstruct(y)` and, where it has one, `posterior(y)`."""

from vspair.evaluation.latents import LatentStatistics
from vspair.evaluation.reconstruction import Evaluated, evaluate

__all__ = ["Evaluated", "LatentStatistics", "evaluate"]
