"""Books that follow a log: folded up to a cut, up to its end, or for ever."""
