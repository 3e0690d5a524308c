"""Training: one loop for every model, resumable to the bit."""

from vspair.training.checkpoint import Checkpoint, load_weights, save_weights
from vspair.training.execution import Execution
from vspair.training.loop import Cost, fit
from vspair.training.resident import ResidentPairs
from vspair.training.runs import restored, train_model
from vspair.training.seeds import derive, generator_for, initialised

__all__ = [
    "Checkpoint",
    "Cost",
    "Execution",
    "ResidentPairs",
    "derive",
    "fit",
    "generator_for",
    "initialised",
    "load_weights",
    "restored",
    "save_weights",
    "train_model",
]
