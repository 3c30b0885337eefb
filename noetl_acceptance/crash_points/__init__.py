"""Kills a service at each position of an execution, and tells what became of it."""
