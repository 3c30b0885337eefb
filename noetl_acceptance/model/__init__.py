"""Immutable values and the vocabulary: requests, records, findings. No I/O, no behave."""
