"""A run folder: its receipts as one chain, and the checksums, past code, ledger and bundle that belong to it."""
