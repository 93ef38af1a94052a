"""Speed of the hot path: ``python -m benchmarks.speed``."""
