"""Faults at random moments: nothing is lost and nothing doubled.

A few rounds by default; `make torture`, or REGULARS_TORTURE=<rounds>, for the full count. The seed
is printed with a failure, and REGULARS_SEED repeats it as far as a race can be repeated.
"""
