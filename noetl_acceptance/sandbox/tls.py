"""A certificate authority of the run's own, and the profile API's certificate under it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

TRUST_VARIABLE = "SSL_CERT_FILE"
"""The environment variable that names the authorities which NoETL's HTTP client trusts."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one server has and its clients need.

    ``authority`` is the certificate (PEM) that clients trust; ``private`` the server's key and
    chain (PEM, in base64: one line for an environment variable). The authority's own key is kept
    by nobody.
    """

    authority: bytes
    private: str = field(repr=False)

    @classmethod
    def issue(cls, hosts: Sequence[str]) -> Certificate:
        """Make an authority, and by it a certificate for the names or addresses of one server."""
        import trustme  # noqa: PLC0415 - slow import

        authority = trustme.CA(organization_name="noetl-acceptance")
        issued = authority.issue_cert(*hosts)
        private = base64.b64encode(issued.private_key_and_cert_chain_pem.bytes())
        return cls(authority.cert_pem.bytes(), private.decode())

    def write_authority(self, file: Path) -> None:
        """Write the authority's certificate, which is no secret, where any user can read it."""
        file.write_bytes(self.authority)
        file.chmod(0o644)
