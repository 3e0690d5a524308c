"""The kind PhysicalCVAE."""
