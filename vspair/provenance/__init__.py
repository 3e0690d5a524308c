"""Evidence: fingerprints of code, receipts of jobs, and the audit of whole runs; knows nothing of any model."""

from vspair.provenance.audit import audit
from vspair.provenance.code import fingerprint, reached
from vspair.provenance.findings import Finding
from vspair.provenance.job import Job, recorded
from vspair.provenance.machine import commit, machine, versions
from vspair.provenance.places import Places
from vspair.provenance.view import Receipt
from vspair.provenance.why import why

__all__ = [
    "Finding",
    "Job",
    "Places",
    "Receipt",
    "audit",
    "commit",
    "fingerprint",
    "machine",
    "reached",
    "recorded",
    "versions",
    "why",
]
