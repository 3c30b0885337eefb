"""The mock profile API and its control client."""
