"""The kind sVAE."""
