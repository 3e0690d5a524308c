"""The kind UNet."""
