"""Turns a file of claims, its table of sources and a mapping into typed events."""
