"""Variational sparse paired autoencoders for inverse problems: the mathematics behind the workflow."""

__version__ = "0.1.0"
