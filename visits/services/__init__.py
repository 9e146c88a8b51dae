"""Writes of what guests ordered: each a function, with everything that belongs to it inside."""
