"""Evaluation of any method that answers `reconstruct(y)` and, where it has one, `posterior(y)`."""

from vspair.evaluation.calibration import Calibrated, calibrate
from vspair.evaluation.checks import PosteriorChecks
from vspair.evaluation.grouping import parts_of
from vspair.evaluation.inspection import (
    NO_LATENT,
    inspect_codes,
    inspect_localised,
    inspect_variances,
    nearest_to_percentiles,
)
from vspair.evaluation.latents import LatentStatistics
from vspair.evaluation.localisation import Perturbation, localise
from vspair.evaluation.quality import fidelity, quality
from vspair.evaluation.reconstruction import UNDEFINED, Evaluated, evaluate, mean_over
from vspair.evaluation.sampling import sampling_cost
from vspair.evaluation.scalars import CANDIDATES, nearest
from vspair.evaluation.scores import scores
from vspair.evaluation.speed import inference_seconds

__all__ = [
    "CANDIDATES",
    "NO_LATENT",
    "UNDEFINED",
    "Calibrated",
    "Evaluated",
    "LatentStatistics",
    "Perturbation",
    "PosteriorChecks",
    "calibrate",
    "evaluate",
    "fidelity",
    "inference_seconds",
    "inspect_codes",
    "inspect_localised",
    "inspect_variances",
    "localise",
    "mean_over",
    "nearest",
    "nearest_to_percentiles",
    "parts_of",
    "quality",
    "sampling_cost",
    "scores",
]
