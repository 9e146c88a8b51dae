"""What people may say about themselves and their company. A form checks; a service decides."""
