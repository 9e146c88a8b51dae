"""The pages of the ground floor, a module for each room. A view declares who may open it."""
