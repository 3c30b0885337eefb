"""Whose failure something is."""
