"""The kind QuantileUNet."""
