"""Faults at random moments: nothing is lost and nothing doubled.

A few rounds by default; twenty by `make torture`, or as many as TORTURE says. The seed is printed
with a failure, and TORTURE_SEED=<seed> repeats it as far as a race can be repeated.
"""
