"""What changed between two points of a ledger: which figures, because of which events, in words."""
