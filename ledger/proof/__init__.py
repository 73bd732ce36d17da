"""Whether a log is the one that was kept: its tree, its checkpoints and who signed them. Pure, as the book is.

Nothing here reads a file or a log; whoever has the bytes can check them.
"""
