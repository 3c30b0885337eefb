"""Measures the suite itself: its speed, and whether it says the same again and again."""
