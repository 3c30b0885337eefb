"""Builds what a sandbox runs: environments of NoETL, images, the Python for them."""
