"""Sections of the configuration that serve all problems: typed, and validated before any work starts."""

from vspair.config.determinism import Determinism
from vspair.config.evaluation import Calibration, Evaluation
from vspair.config.merging import merge
from vspair.config.section import Section
from vspair.config.theory import Theory
from vspair.config.training import Training

__all__ = ["Calibration", "Determinism", "Evaluation", "Section", "Theory", "Training", "merge"]
