"""When guests come: orders and bookings. Floor: above guests, below imports."""
