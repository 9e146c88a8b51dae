"""What people type about guests, read by the rules of guests.normalize. A module for each page."""
