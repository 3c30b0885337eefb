"""NoETL's Rust server and workers, which replaced the Python ones in mid-2026."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.services import ALL_WORKERS, DATABASE, USER, Surroundings
from noetl_acceptance.options import Settings
from noetl_acceptance.support.database import NOETL
from noetl_acceptance.support.settings_file import SettingsFile

SERVER = "noetl-control-plane"
WORKER = "noetl-worker"
"""The names of the two programs."""

DRIVE = "in-process drive, not the images' plug-in"
"""What a result of programs that cargo has built has to say of itself: the published images drive
an execution by a WASM plug-in that no crate holds."""

_DRIVES = "NOETL_ORCHESTRATE_PLUGIN_DRIVE"


def origin_under(origin: str, own: Collection[str]) -> str:
    """Return what the reader has to know of a build, where own settings may say who drives.

    Args:
        origin: as the build tells it, ``DRIVE`` last.
        own: the names of the own settings; they are told with their values elsewhere.
    """
    return origin.removesuffix(DRIVE).removesuffix("; ") if _DRIVES in own else origin


def require_in_process(own: SettingsFile) -> None:
    """Go on only where own settings have the server drive executions itself.

    Without the images' plug-in no execution moves: the suite builds no worker that could run one,
    and a folder of programs holds none.

    Raises:
        UsageError: they have a plug-in drive them.
    """
    if own.values.get(_DRIVES, "false").lower() != "false":
        raise UsageError(
            f"{own.file}:{own.lines[_DRIVES]}: {_DRIVES} asks for a plug-in that the images alone "
            "hold",
            "leave it out or set it to false, or test an image: -D noetl=image:…",
        )


@dataclass(frozen=True, slots=True)
class RustServices:
    """How they are started; see ``Services``.

    Args:
        programs: the folder of the two programs.
        python: the interpreter for steps of kind python.
    """

    programs: str
    python: str
    workers_need_server = True

    def server_command(self, _surroundings: Surroundings) -> list[str]:
        """Return the program of the server, which takes variables alone."""
        return [f"{self.programs}/{SERVER}"]

    def worker_command(self, _surroundings: Surroundings) -> list[str]:
        """Return the program of a worker, which takes variables alone."""
        return [f"{self.programs}/{WORKER}"]

    def variables(self, surroundings: Surroundings) -> dict[str, str]:
        """Return the environment variables of the server and of the workers."""
        backends = surroundings.backends
        return {
            "NOETL_SERVER_URL": surroundings.server_url,
            "NATS_URL": f"nats://{backends.nats_host}:{backends.nats_port}",
            "NATS_USER": USER,
            "NATS_PASSWORD": backends.nats_password,
            "NATS_STREAM": "noetl_commands",
            "NATS_CONSUMER": "noetl-acceptance",
            "NATS_SUBJECT": "noetl.commands",
            "NATS_FILTER_SUBJECT": "noetl.commands.>",  # the default gets no command
            "WORKER_POOL_NAME": "shared",
            # Any free port: each worker serves its metrics, and the default is every interface's.
            "WORKER_METRICS_BIND": "127.0.0.1:0",
            "PYTHON_PATH": self.python,
            "RUST_LOG": "info",
            "RUST_BACKTRACE": "1",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
        }

    def server_variables(self, surroundings: Surroundings) -> dict[str, str]:
        """Return what the server alone has: the database's password, the key for credentials.

        A worker asks the server for credentials, and hands its variables on to steps of kind
        python.
        """
        backends = surroundings.backends
        host, port = surroundings.listen
        return {
            "POSTGRES_HOST": backends.postgres_host,
            "POSTGRES_PORT": str(backends.postgres_port),
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": backends.postgres_password,
            "POSTGRES_DATABASE": DATABASE,
            "POSTGRES_DB": DATABASE,  # for ddl/noetl_tables.py, in a container
            "PGAPPNAME": NOETL,  # of the server's sessions; the workers' client reads no variable
            "NOETL_SCHEMA": "noetl",
            "NOETL_HOST": host,
            "NOETL_PORT": str(port),
            "NOETL_PUBLIC_SERVER_URL": surroundings.server_url,
            "NOETL_SERVER_NAME": "noetl-acceptance",
            "NOETL_SERVER_MACHINE_ID": "1",
            "NOETL_ENCRYPTION_KEY": surroundings.encryption_key,
            _DRIVES: "false",  # the plug-in is in the images alone
            "NOETL_NATS_URL": backends.nats_url,
        }

    def worker_variables(self, number: int, settings: Settings) -> dict[str, str]:
        """Return what one worker has besides ``variables``.

        A worker without an id makes one of its own: two with the same may claim one command both.
        """
        named = {} if number == ALL_WORKERS else {"WORKER_ID": f"worker-{number}"}
        return {
            **named,
            "WORKER_MAX_CONCURRENT": str(settings.worker_inflight),
            **dict(settings.worker_variables),
        }
