"""Counts, dates and numbers as people write them, by the rules of `docs/words.md`: two readings are refused."""
