"""Every write of imports: receive a file, choose how it is read, check, import, undo."""
