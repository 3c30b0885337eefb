"""The passwords of a sandbox: which there are, and how they are made.

Whatever they stand in is redacted by ``support/redaction.py``. Who redacts asks for them here:
``Sandbox.secrets`` has those of a sandbox, made here or given in an attach file;
``ConnectedSandbox.secrets`` adds the wrong one that scenarios use; ``Evidence.secrets`` collects
those of all sandboxes of a run; ``user_environment.passwords`` has the user's own.
"""

from __future__ import annotations

import base64
import secrets

PROFILE_API = "profile-api"

SERVICES = ("postgres", "nats", PROFILE_API)
"""What a password is made for; the profile API's is its control token."""

ENCRYPTION = "encryption"
"""The key that NoETL's Rust server encrypts credentials with: base64 of 32 bytes."""


def new_passwords() -> dict[str, str]:
    """Return a random password for each of ``SERVICES``, and a key for ``ENCRYPTION``."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {**{name: secrets.token_urlsafe(18) for name in SERVICES}, ENCRYPTION: key}
