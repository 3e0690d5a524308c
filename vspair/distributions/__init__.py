"""Distributions over latent codes: a point, a Gaussian, a spike-and-slab, and the learned sparsity prior."""

from vspair.distributions.gaussian import Gaussian
from vspair.distributions.point import Point
from vspair.distributions.sparsity import SparsityPrior
from vspair.distributions.spike_slab import LINKS, SpikeSlab

__all__ = ["LINKS", "Gaussian", "Point", "SparsityPrior", "SpikeSlab"]
