"""The kind Ensemble."""
