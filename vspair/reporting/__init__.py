"""Reporting: tables with verdicts and figures, which know files and numbers but no method."""

from vspair.published import Published, read_published
from vspair.reporting.tables import Cell, fewer_seeds, make_table, notes, sources, table_frame, write_table
from vspair.verdicts import verdict

__all__ = [
    "Cell",
    "Published",
    "fewer_seeds",
    "make_table",
    "notes",
    "read_published",
    "sources",
    "table_frame",
    "verdict",
    "write_table",
]
