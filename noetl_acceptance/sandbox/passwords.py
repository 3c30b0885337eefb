"""The passwords of a sandbox: which there are, and how they are made.

Whatever they stand in is redacted by ``support/redaction.py``. Who redacts asks for them here:
``Sandbox.secrets`` has those of a sandbox, made here or given in an attach file;
``ConnectedSandbox.secrets`` adds the wrong one that scenarios use; ``Evidence.secrets`` collects
those of all sandboxes of a run; ``user_environment.passwords`` has the user's own.
"""

from __future__ import annotations

import secrets

PROFILE_API = "profile-api"

SERVICES = ("postgres", "nats", PROFILE_API)
"""What a password is made for; the profile API's is its control token."""


def new_passwords() -> dict[str, str]:
    """Return a random password for each of ``SERVICES``."""
    return {name: secrets.token_urlsafe(18) for name in SERVICES}
