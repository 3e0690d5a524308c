"""The report: one offline HTML page of a run folder, with the chain of evidence behind every number."""

from vspair.reporting.page.sections import tally, with_not_run
from vspair.reporting.page.write import write_page

__all__ = ["tally", "with_not_run", "write_page"]
