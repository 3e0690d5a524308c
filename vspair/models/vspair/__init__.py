"""The kind vsPAIR."""
