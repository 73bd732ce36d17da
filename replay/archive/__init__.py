"""A ledger in one file that needs no server: written, extended, checked, and brought back into a log."""
