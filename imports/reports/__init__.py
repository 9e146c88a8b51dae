"""What an import looks like to people: its file, its check, its progress, its result, its undo.

Each function turns what the database holds into what a template shows, and decides nothing.
"""
