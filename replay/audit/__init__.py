"""The audit: what a ledger's records say for themselves, what follows from them, and what does not add up."""
