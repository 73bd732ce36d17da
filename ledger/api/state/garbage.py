"""Keeps the garbage collector away from books and events: they make no cycles, and there are millions of them.

Else it would look through all of them again and again, and hold every answer up meanwhile.
"""

import gc

EVERY = 1000
"""Events after which what has been made of them is put out of the collector's sight."""


class Garbage:
    """Counts what has grown since the collector was last told to leave what there is alone."""

    def __init__(self) -> None:
        self._grown = 0

    def grown(self, events: int) -> None:
        """So many events have been folded or kept."""
        self._grown += events
        if self._grown >= EVERY:
            self._grown = 0
            gc.collect()  # what is garbage now would stay for ever
            gc.freeze()
