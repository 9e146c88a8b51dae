"""What every screen shares: who may open it, and the frame around it."""
