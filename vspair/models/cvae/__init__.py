"""The kind CVAE."""
