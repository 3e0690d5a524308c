"""The configuration: typed, validated before any work starts, resolved from preset, problem and user settings."""

from vspair.config.problem import Choices, Data, Evaluation, Figure, Model, Problem, Training, Weights
from vspair.config.resolve import Config, resolve

__all__ = [
    "Choices",
    "Config",
    "Data",
    "Evaluation",
    "Figure",
    "Model",
    "Problem",
    "Training",
    "Weights",
    "resolve",
]
