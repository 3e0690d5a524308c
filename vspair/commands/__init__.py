"""The command line `python -m vspair`: one module per command, each with `add`, which joins it to the parser."""
