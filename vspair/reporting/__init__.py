"""Reporting: tables with verdicts and figures, which know files and numbers but no model."""

from vspair.reporting.published import Published, read_published
from vspair.reporting.tables import Cell, notes, sources, table_frame, write_table
from vspair.verdicts import verdict

__all__ = ["Cell", "Published", "notes", "read_published", "sources", "table_frame", "verdict", "write_table"]
