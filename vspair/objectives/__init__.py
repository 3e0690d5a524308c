"""Objectives: the named terms of the losses, per sample, and the one place where they are weighted."""

from vspair.objectives.autoencoding import negative_elbo
from vspair.objectives.terms import gate_entropy, half_squared_error, mapping_error, squared_error
from vspair.objectives.total import total

__all__ = ["gate_entropy", "half_squared_error", "mapping_error", "negative_elbo", "squared_error", "total"]
