"""The pages of the import, a module for each step. A view declares who may open it."""
