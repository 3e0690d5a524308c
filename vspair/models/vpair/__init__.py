"""The kind vPAIR."""
