"""Every write of what guests own."""
