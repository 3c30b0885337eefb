"""Pure functions from a recorded Run to findings; nothing here does I/O."""
