"""The configuration: typed, validated before any work starts, resolved from preset, problem and user settings."""

from vspair.config.determinism import Determinism
from vspair.config.evaluation import Calibration, Evaluation, Figure, Localisation
from vspair.config.methods import AnyMethod, Filtered, Method, Paired, Postprocessing, Unrolled, Variational
from vspair.config.models import BASELINES, Model, Weights
from vspair.config.problem import Problem
from vspair.config.resolve import Config, resolve
from vspair.config.scans import VARIABLE, Noise, ScanSettings, SliceData
from vspair.config.studies import Study, parse_run, run_name, with_settings
from vspair.config.theory import Theory
from vspair.config.tomography import ScanEvaluation, ScanFigures, Tomography
from vspair.config.training import Choices, Data, Training

__all__ = [
    "BASELINES",
    "VARIABLE",
    "AnyMethod",
    "Calibration",
    "Choices",
    "Config",
    "Data",
    "Determinism",
    "Evaluation",
    "Figure",
    "Filtered",
    "Localisation",
    "Method",
    "Model",
    "Noise",
    "Paired",
    "Postprocessing",
    "Problem",
    "ScanEvaluation",
    "ScanFigures",
    "ScanSettings",
    "SliceData",
    "Study",
    "Theory",
    "Tomography",
    "Training",
    "Unrolled",
    "Variational",
    "Weights",
    "parse_run",
    "resolve",
    "run_name",
    "with_settings",
]
