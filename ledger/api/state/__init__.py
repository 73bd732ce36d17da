"""The log in memory and the books of it, now and at other moments."""
