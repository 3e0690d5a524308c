"""Observation processes: what turns a quantity of interest into an observation.

Linear ones keep the contract of `linear`, for tensors of any shape: `A(x)`, `A.adjoint(y)`, `A.norm()`, `A.domain` and
`A.range`. What needs torch is imported from its own module, `linear`, `matrices`, `ray` or `projector`, so that what
only draws does not wait for it.
"""

from vspair.operators.geometry import ParallelBeam, Scan, crop_average
from vspair.operators.masks import cover, random_patches

__all__ = ["ParallelBeam", "Scan", "cover", "crop_average", "random_patches"]
