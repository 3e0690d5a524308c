"""Distributions: latent codes (point, Gaussian, spike-and-slab), the sparsity prior, the linear-Gaussian setting."""

from vspair.distributions.conditioned import Conditioned
from vspair.distributions.gaussian import Gaussian
from vspair.distributions.linear_gaussian import AffineChannel, FullGaussian, LinearGaussian
from vspair.distributions.point import Point
from vspair.distributions.sparsity import SparsityPrior
from vspair.distributions.spike_slab import LINKS, SpikeSlab

__all__ = [
    "LINKS",
    "AffineChannel",
    "Conditioned",
    "FullGaussian",
    "Gaussian",
    "LinearGaussian",
    "Point",
    "SparsityPrior",
    "SpikeSlab",
]
