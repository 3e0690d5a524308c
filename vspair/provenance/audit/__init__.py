"""The audit of a run folder: every check of its evidence, the breaks that they find, and the record of them."""

from vspair.provenance.audit.auditing import audit, audited
from vspair.provenance.audit.findings import CODES, SEVERAL, Configuration, Finding, exit_code

__all__ = ["CODES", "SEVERAL", "Configuration", "Finding", "audit", "audited", "exit_code"]
