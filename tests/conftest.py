"""Hypothesis without deadlines; the same examples on every run where `CI` is set."""

import os

from hypothesis import settings

settings.register_profile("local", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
