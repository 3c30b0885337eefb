"""The environment that NoETL's server and workers start with, the same in every sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from noetl_acceptance.options import Settings
from noetl_acceptance.support.database import NOETL

DATABASE = "noetl"
USER = "noetl"


@dataclass(frozen=True, slots=True)
class Backends:
    """Where NoETL finds Postgres and NATS, as it sees them itself."""

    postgres_host: str
    postgres_port: int
    nats_host: str
    nats_port: int
    postgres_password: str = field(repr=False)
    nats_password: str = field(repr=False)

    @property
    def nats_url(self) -> str:
        """NATS with user and password."""
        return f"nats://{USER}:{self.nats_password}@{self.nats_host}:{self.nats_port}"

    @property
    def credential(self) -> dict[str, str]:
        """The payload of a NoETL ``postgres`` credential for the same database."""
        return {
            "db_host": self.postgres_host,
            "db_port": str(self.postgres_port),
            "db_user": USER,
            "db_password": self.postgres_password,
            "db_name": DATABASE,
        }


def noetl_variables(backends: Backends, server_url: str, data_folder: str) -> dict[str, str]:
    """Return the environment variables of the server and of the workers.

    Args:
        backends: Postgres and NATS.
        server_url: the server's address as the workers see it.
        data_folder: where NoETL may write.
    """
    return {
        "POSTGRES_HOST": backends.postgres_host,
        "POSTGRES_PORT": str(backends.postgres_port),
        "POSTGRES_USER": USER,
        "POSTGRES_PASSWORD": backends.postgres_password,
        "POSTGRES_DB": DATABASE,
        "POSTGRES_SCHEMA": "noetl",
        "NOETL_POSTGRES_DB": DATABASE,
        "NOETL_USER": USER,
        "NOETL_PASSWORD": backends.postgres_password,
        "NOETL_SCHEMA": "noetl",
        "NOETL_SCHEMA_VALIDATE": "true",
        "NOETL_DROP_SCHEMA": "false",
        "NOETL_ENABLE_UI": "false",
        "NOETL_DEBUG": "false",
        "NOETL_SERVER": "uvicorn",
        "NOETL_SERVER_WORKERS": "1",
        "NOETL_SERVER_RELOAD": "false",
        "NOETL_SERVER_URL": server_url,
        "NOETL_SERVER_NAME": "noetl-acceptance",
        "NOETL_AUTO_RECREATE_RUNTIME": "true",
        "NOETL_HEARTBEAT_RETRY_AFTER": "3",
        "NOETL_RUNTIME_SWEEP_INTERVAL": "15",
        "NOETL_RUNTIME_OFFLINE_SECONDS": "60",
        "NOETL_DISABLE_METRICS": "true",
        "NOETL_FLIGHT_DISABLED": "1",  # from 4.x on: it would listen on every interface
        "NOETL_SERVER_METRICS_INTERVAL": "60",
        "NOETL_WORKER_POOL_RUNTIME": "local",
        # A wrong credential is told after 10 s, not 60, and one that was mended is taken at once,
        # not after 5 minutes.
        "NOETL_POSTGRES_POOL_TIMEOUT_SECONDS": "10",
        "NOETL_CREDENTIAL_CACHE_TTL_SECONDS": "1",
        "NOETL_DATA_DIR": data_folder,
        "NATS_URL": backends.nats_url,
        "NATS_USER": USER,
        "NATS_PASSWORD": backends.nats_password,
        # What its sessions are known by, and the zone of each of them: NoETL writes its events'
        # times without one.
        "PGAPPNAME": NOETL,
        "PGTZ": "UTC",
        "LOG_LEVEL": "INFO",
        "TZ": "UTC",
        "LANG": "C.UTF-8",
    }


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY")

NO_PROXY = {name: "" for each in PROXIES for name in (each, each.lower())}
"""Set for containers: Docker's settings may name proxies for all that leave these open."""


def proxy_variables(sink: str, own_hosts: Sequence[str]) -> dict[str, str]:
    """Return what turns every HTTP client of NoETL to the sink, but for the sandbox's own hosts.

    Args:
        sink: the address of the proxy that refuses.
        own_hosts: names or addresses that are reached directly.
    """
    variables = {"HTTP_PROXY": sink, "HTTPS_PROXY": sink, "NO_PROXY": ",".join(own_hosts)}
    return {**variables, **{name.lower(): value for name, value in variables.items()}}


def worker_variables(number: int, settings: Settings) -> dict[str, str]:
    """Return what one worker has besides ``noetl_variables``.

    Args:
        number: of the worker, from 1.
        settings: how many commands it takes at a time, and the workers' own variables.
    """
    return {
        "NOETL_WORKER_POOL_NAME": f"worker-{number}",
        "NOETL_WORKER_MAX_INFLIGHT_COMMANDS": str(settings.worker_inflight),
        "NOETL_WORKER_MAX_INFLIGHT_DB_COMMANDS": str(settings.worker_inflight),
        **dict(settings.worker_variables),
    }
