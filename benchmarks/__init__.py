"""Benchmarks: run `python -m benchmarks`. Never part of the tests, since no timing is ever asserted."""
