"""The settings of NoETL that the suite makes itself, so that settings of one's own must not."""

from __future__ import annotations

import re

from noetl_acceptance.errors import UsageError
from noetl_acceptance.support.settings_file import SettingsFile

RESERVED: tuple[tuple[str, str], ...] = (
    (
        (
            r"POSTGRES_(?!((MAX|MIN)_CONNECTIONS|ACQUIRE_TIMEOUT)$)\w+|PG[A-Z]+|DATABASE_URL"
            r"|NOETL_(POSTGRES_DB|USER|PASSWORD|SCHEMA|DROP_SCHEMA|SHARDS)"
            r"|NOETL_(\w+_)?(DSN|CONNECTION_STRING)|NOETL_POSTGRES_(\w+_)?PGBOUNCER(_\w+)?"
        ),
        "the sandbox has a database of its own",
    ),
    (
        (
            r"(NOETL_)?(WORKER_)?NATS_(URLS?|SERVERS?|HOST|PORT|USER(NAME)?|PASS(WORD)?|TOKEN"
            r"|CRED(ENTIAL)?S?(_FILE)?|NKEY\w*|JWT|TLS\w*|STREAM(_NAME)?|CONSUMER(_NAME)?"
            r"|(FILTER_)?SUBJECT(_PREFIX)?)|NOETL_\w+_NATS_URL"
        ),
        "the sandbox has a message broker of its own",
    ),
    (
        (
            r"NOETL_(HOST|PORT|API_URL|(PUBLIC_)?SERVER_URL|PEER_URL_TEMPLATE|FLIGHT_\w+)"
            r"|NOETL_WORKER_BASE_URL|NOETL_(\w+_)?METRICS_(HOST|PORT)|WORKER_METRICS_BIND"
        ),
        "the suite says where services listen and find each other",
    ),
    (r"NOETL_TLS_\w+", "the suite and the workers speak plain HTTP to the server"),
    (
        r"NOETL_WORKER_MAX_INFLIGHT_(DB_)?COMMANDS|NOETL_WORKER_DB_SEMAPHORE|WORKER_MAX_CONCURRENT",
        "-D worker-inflight says how many commands a worker takes",
    ),
    (
        (
            r"NOETL_SERVER(_WORKERS|_RELOAD)?|WEB_CONCURRENCY"
            r"|NOETL_SHARD_(COUNT|INDEX(_FROM_HOSTNAME)?)"
        ),
        "the suite watches one process as the server",
    ),
    (
        r"(NOETL_)?WORKER_MODE|NOETL_RUN_MODE",
        "the suite starts a server, and workers that take commands",
    ),
    (
        (
            r"(NOETL_)?WORKER_(ID|POOL_NAME)|NOETL_WORKER_POOL_RUNTIME"
            r"|NOETL_SERVER_(NAME|MACHINE_ID)|NOETL_(SNOWFLAKE_NODE|SHARD)_ID"
        ),
        "services are told from one another by it",
    ),
    (r"NOETL_ENCRYPTION_KEY", "each sandbox has a key of its own"),
    (
        r"NOETL_(DATA_DIR|STORAGE_LOCAL_CACHE_DIR|TENANT_ENVS_DIR|DURATION_CACHE|ENV_FILE)",
        "the suite keeps what NoETL writes, and reads no file of yours",
    ),
    (r"(HTTPS?|ALL|FTP|NO)_PROXY", "what NoETL sends outside goes to the suite's sink"),
    (r"SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE", "the workers trust the profile API by it"),
    (r"TZ|LANG|LC_[A-Z]+|NOETL_LOG_FORMAT", "the suite reads times and messages by it"),
    (
        r"PATH|HOME|TMPDIR|PYTHON\w*|LD_\w+|NO_COLOR|NOETL_ACCEPTANCE_\w+",
        "the suite starts the services by it",
    ),
    (
        r"(?!(?-i:[A-Z0-9_]+)$)NOETL_\w+",
        "NoETL's names are in capitals, and the Rust server takes two spellings for none",
    ),
)
"""Patterns of names, and why the suite sets those; the first that fits a name has its reason.

In any case of letters, as the Rust server reads them: it takes its defaults, ports among them, for
all settings where one is there in two spellings.
"""


def reason_for(name: str) -> str:
    """Return why a variable is the suite's own to set; empty where it is not."""
    fits = (why for pattern, why in RESERVED if re.fullmatch(pattern, name, re.IGNORECASE))
    return next(fits, "")


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
