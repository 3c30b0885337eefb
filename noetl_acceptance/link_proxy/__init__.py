"""A TCP proxy that stands in links between services and disturbs them, and its control client."""

CONTROL_VARIABLE = "LINK_PROXY_CONTROL_TOKEN"
"""The environment variable with the word that the control endpoints ask for; without it, none."""

CONTROL_HEADER = "X-Control-Token"
"""The header in which a request to them says it."""
