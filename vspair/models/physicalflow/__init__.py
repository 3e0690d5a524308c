"""The kind PhysicalFlow."""
