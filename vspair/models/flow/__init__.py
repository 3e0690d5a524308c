"""The kind Flow."""
