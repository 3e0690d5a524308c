"""Exchange: a finished run as a Workflow Run RO-Crate, and back."""

from vspair.provenance.crate.exporting import export
from vspair.provenance.crate.graph import require_library
from vspair.provenance.crate.restoring import restore

__all__ = ["export", "require_library", "restore"]
