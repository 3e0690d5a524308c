"""Receipts: what one is (`receipt`), how it is built and read, what files are called in it, and which covers a file."""
