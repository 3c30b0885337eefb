"""The mock profile API, the sink beside it, and their control client."""

CERTIFICATE_VARIABLE = "PROFILE_API_CERTIFICATE"
"""The environment variable with the key and certificates of the TLS port: PEM, in base64."""
