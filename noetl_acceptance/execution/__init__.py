"""Carries out what scenarios ask for, on a pool of sandboxes, and records it."""
