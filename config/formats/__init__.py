"""How dates and numbers are written, for each language."""
