"""Whole runs: cut into shards, carried out side by side, merged, on every sandbox."""
