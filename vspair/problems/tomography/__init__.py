"""Computed tomography (Section 4.2): methods may know the ray transform."""
