"""The mock profile API, the sink beside it, and their control client."""

CERTIFICATE_VARIABLE = "PROFILE_API_CERTIFICATE"
"""The environment variable with the key and certificates of the TLS port: PEM, in base64."""

CONTROL_VARIABLE = "PROFILE_API_CONTROL_TOKEN"
"""The environment variable with the word that the control endpoints ask for; without it, none."""

CONTROL_HEADER = "X-Control-Token"
"""The header in which a request to them says it."""
