"""Kafka and the worker, measured on a real broker that the run starts: `python -m benchmarks kafka`."""
