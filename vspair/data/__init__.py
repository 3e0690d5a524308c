"""Data: sources of clean images, the making of pairs, and the prepared file."""

from vspair.data.pairs import Pairs, Split, make_pairs
from vspair.data.scales import Scale, scale_for
from vspair.data.sources import clean_images, download, raw_files
from vspair.data.store import read_pairs, write_pairs

__all__ = [
    "Pairs",
    "Scale",
    "Split",
    "clean_images",
    "download",
    "make_pairs",
    "raw_files",
    "read_pairs",
    "scale_for",
    "write_pairs",
]
