"""The kind LPD."""
