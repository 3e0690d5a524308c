"""Which slices are of one patient."""

UNKNOWN = -1
"""Code of a slice whose patient the source does not tell."""
