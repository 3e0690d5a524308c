"""The code behind a job: fingerprints by what a script can reach, read from syntax trees without importing anything."""

from vspair.provenance.code.fingerprints import fingerprint, frame, reached, sources, words
from vspair.provenance.code.locations import place
from vspair.provenance.code.modules import PACKAGE
from vspair.provenance.code.syntax import digest

__all__ = ["PACKAGE", "digest", "fingerprint", "frame", "place", "reached", "sources", "words"]
