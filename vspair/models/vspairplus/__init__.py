"""The kind vsPAIRplus."""
