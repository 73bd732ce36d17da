"""Fuzzing of what reads bytes from outside: `python -m tests.fuzz`, and in the tests a few thousand inputs of each."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "examples"))  # which pytest finds by its settings
