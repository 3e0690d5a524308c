"""The kind UNetEnsemble."""
