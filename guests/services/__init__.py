"""Every write of guests."""
