"""Evidence: fingerprints of code, receipts of jobs, and the audit of whole runs; knows nothing of any model.

What a job needs is named here, and loads little; `run`, `audit`, `why`, `crate` and `forecast` are for readers.
"""

from vspair.provenance.code import fingerprint, reached
from vspair.provenance.receipt.machine import machine
from vspair.provenance.receipt.places import Places
from vspair.provenance.receipt.versions import versions
from vspair.provenance.receipt.worktree import commit
from vspair.provenance.recording import Job, recorded

__all__ = ["Job", "Places", "commit", "fingerprint", "machine", "reached", "recorded", "versions"]
