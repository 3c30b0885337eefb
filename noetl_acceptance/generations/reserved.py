"""The settings of NoETL that the suite makes itself, so that settings of one's own must not."""

from __future__ import annotations

import re

from noetl_acceptance.errors import UsageError
from noetl_acceptance.support.settings_file import SettingsFile

RESERVED: tuple[tuple[str, str], ...] = (
    (
        r"POSTGRES_\w+|PG[A-Z]+|DATABASE_URL|NOETL_(POSTGRES_DB|USER|PASSWORD|SCHEMA|DROP_SCHEMA)",
        "the sandbox has a database of its own",
    ),
    (r"(NOETL_)?NATS_\w+", "the sandbox has a message broker of its own"),
    (
        r"NOETL_(HOST|PORT|(PUBLIC_)?SERVER_URL|WORKER_BASE_URL|FLIGHT_\w+)|WORKER_METRICS_BIND",
        "the suite says where services listen and find each other",
    ),
    (
        r"NOETL_WORKER_MAX_INFLIGHT_(DB_)?COMMANDS|WORKER_MAX_CONCURRENT",
        "-D worker-inflight says how many commands a worker takes",
    ),
    (r"NOETL_SERVER(_WORKERS|_RELOAD)?", "the suite watches one process as the server"),
    (
        r"(NOETL_)?WORKER_(ID|POOL_NAME)|NOETL_WORKER_POOL_RUNTIME|NOETL_SERVER_(NAME|MACHINE_ID)",
        "services are told from one another by it",
    ),
    (r"NOETL_ENCRYPTION_KEY", "each sandbox has a key of its own"),
    (r"NOETL_(DATA_DIR|ENV_FILE)", "the suite keeps what NoETL writes, and reads no file of yours"),
    (r"(?i:(HTTPS?|ALL|FTP|NO)_PROXY)", "what NoETL sends outside goes to the suite's sink"),
    (r"SSL_CERT_(FILE|DIR)", "the workers trust the profile API by it"),
    (r"TZ|LANG|LC_[A-Z]+", "the suite reads times and messages by it"),
    (
        r"PATH|HOME|TMPDIR|PYTHON\w*|LD_\w+|NO_COLOR|NOETL_ACCEPTANCE_\w+",
        "the suite starts the services by it",
    ),
)
"""Patterns of names, and why the suite sets those; the first that fits a name has its reason."""


def reason_for(name: str) -> str:
    """Return why a variable is the suite's own to set; empty where it is not."""
    return next((reason for pattern, reason in RESERVED if re.fullmatch(pattern, name)), "")


def require_free(settings: SettingsFile) -> None:
    """Go on only where a file sets nothing that the suite must.

    Raises:
        UsageError: it does; names the first such variable, and why.
    """
    for name, line in settings.lines.items():
        if reason := reason_for(name):
            raise UsageError(
                f"{settings.file}:{line}: {name} is not yours to set: {reason}", "leave it out"
            )
