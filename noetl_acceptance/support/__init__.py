"""Plumbing of processes, machines and the terminal; nothing here knows NoETL."""
