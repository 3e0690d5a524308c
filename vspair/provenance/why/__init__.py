"""The chain behind one file, one cell of a table or one number of a figure, and its text."""

from vspair.provenance.why.text import render
from vspair.provenance.why.tree import why

__all__ = ["render", "why"]
