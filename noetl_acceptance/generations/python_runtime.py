"""NoETL's Python server and workers, the releases 2.x to 4.x."""

from __future__ import annotations

from dataclasses import dataclass

from noetl_acceptance.generations.services import DATABASE, USER, Surroundings
from noetl_acceptance.options import Settings
from noetl_acceptance.support.database import NOETL

INPUT_SINCE = "2.14"
"""The first releases whose steps take values by ``input:``; older ones read ``args:`` alone, and
ignore the other key (``core/dsl/v2/models.py`` of 2.13.1 and 2.14.0)."""


@dataclass(frozen=True, slots=True)
class PythonServices:
    """How they are started; see ``Services``.

    Args:
        python: the interpreter that has NoETL installed.
    """

    python: str
    workers_need_server = False

    def server_command(self, surroundings: Surroundings) -> list[str]:
        """Return the program and arguments of the server."""
        host, port = surroundings.listen
        return [self.python, "-m", "noetl.server", "--host", host, "--port", str(port)]

    def worker_command(self, surroundings: Surroundings) -> list[str]:
        """Return the program and arguments of a worker."""
        return [self.python, "-m", "noetl.worker", "--server-url", surroundings.server_url]

    def variables(self, surroundings: Surroundings) -> dict[str, str]:
        """Return the environment variables of the server and of the workers."""
        backends = surroundings.backends
        host, port = surroundings.listen
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
            "NOETL_HOST": host,
            "NOETL_PORT": str(port),
            "NOETL_SERVER_URL": surroundings.server_url,
            "NOETL_SERVER_NAME": "noetl-acceptance",
            "NOETL_AUTO_RECREATE_RUNTIME": "true",
            "NOETL_HEARTBEAT_RETRY_AFTER": "3",
            "NOETL_RUNTIME_SWEEP_INTERVAL": "15",
            "NOETL_RUNTIME_OFFLINE_SECONDS": "60",
            "NOETL_DISABLE_METRICS": "true",
            "NOETL_FLIGHT_DISABLED": "1",  # from 4.x on: it would listen on every interface
            "NOETL_SERVER_METRICS_INTERVAL": "60",
            "NOETL_WORKER_POOL_RUNTIME": "local",
            # A wrong credential is told after 10 s, not 60, and one that was mended is taken at
            # once, not after 5 minutes.
            "NOETL_POSTGRES_POOL_TIMEOUT_SECONDS": "10",
            "NOETL_CREDENTIAL_CACHE_TTL_SECONDS": "1",
            "NOETL_DATA_DIR": surroundings.data_folder,
            "NATS_URL": backends.nats_url,
            "NATS_USER": USER,
            "NATS_PASSWORD": backends.nats_password,
            # What its sessions are known by, and the zone of each of them: NoETL writes its
            # events' times without one.
            "PGAPPNAME": NOETL,
            "PGTZ": "UTC",
            "LOG_LEVEL": "INFO",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
        }

    def server_variables(self, _surroundings: Surroundings) -> dict[str, str]:
        """Return nothing: server and workers read the same variables."""
        return {}

    def worker_variables(self, number: int, settings: Settings) -> dict[str, str]:
        """Return what one worker has besides ``variables``."""
        return {
            "NOETL_WORKER_POOL_NAME": f"worker-{number}",
            "NOETL_WORKER_MAX_INFLIGHT_COMMANDS": str(settings.worker_inflight),
            "NOETL_WORKER_MAX_INFLIGHT_DB_COMMANDS": str(settings.worker_inflight),
            **dict(settings.worker_variables),
        }
