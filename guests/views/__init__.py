"""The screens of guests, a module for each room."""
