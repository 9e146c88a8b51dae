"""Every write of imports: receiving a file, choosing how it is read, checking, importing, undoing."""
