"""Benchmarks: each prints what it does and ends with one JSON line of all its figures."""
