"""Pages about when guests come. A view declares who may open it."""
