"""Joining: a run folder accepts finished jobs of another one, and the workflow goes on from there."""
