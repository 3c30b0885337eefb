"""What differs between generations of NoETL: one module for each, side by side."""
