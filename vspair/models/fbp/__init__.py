"""The kind FBP."""
