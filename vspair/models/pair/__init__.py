"""The kind PAIR."""
