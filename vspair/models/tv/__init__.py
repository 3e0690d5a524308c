"""The kind TV."""
