"""Observation processes: what turns a quantity of interest into an observation."""

from vspair.operators.masks import cover, random_patches

__all__ = ["cover", "random_patches"]
