"""The sandbox of local processes, for a machine without Docker."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.interrupts import shielded
from noetl_acceptance.noetl import schema
from noetl_acceptance.profile_api import CERTIFICATE_VARIABLE
from noetl_acceptance.sandbox import noetl_environment, postgres, readiness
from noetl_acceptance.sandbox.logs import put_away
from noetl_acceptance.sandbox.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.noetl_settings import (
    DATABASE,
    USER,
    Backends,
    noetl_variables,
    proxy_variables,
    worker_variables,
)
from noetl_acceptance.sandbox.ports import HOST, ReservedPorts
from noetl_acceptance.sandbox.processes import Service, stop_all
from noetl_acceptance.sandbox.protocol import Endpoints, Outside, RunFolder, ServiceState
from noetl_acceptance.sandbox.sweep import RUN_VARIABLE, Ledger
from noetl_acceptance.sandbox.tempfiles import remove_tempfiles
from noetl_acceptance.sandbox.tls import TRUST_VARIABLE, Certificate
from noetl_acceptance.settings import LEDGERS, ROOT, WORK, Settings

OUTSIDE = "127.0.0.9"
"""An address of this machine that the services' variables do not exempt from the sink."""


class EmbeddedSandbox:
    """Services as local processes; see ``Sandbox``."""

    kind = "embedded"
    reason = ""
    noetl_origin = ""
    endpoints: Endpoints
    noetl_version: str
    ready_seconds: float

    def __init__(self, settings: Settings, folder: RunFolder, console: Console) -> None:
        self.workers = settings.workers
        self._settings = settings
        self._folder = folder
        self._console = console
        self._services: list[Service] = []
        self._passwords = {name: secrets.token_urlsafe(18) for name in ("postgres", "nats")}
        self._closed = False
        self._outside: Outside | None = None
        self._certificate = Certificate.issue([HOST])
        self._ports = ReservedPorts(7)
        self._began = time.time()
        self._ledger = Ledger(
            LEDGERS, folder.sandbox_id, folder.logs, list(self._passwords.values())
        )
        self._data = self._data_folder()

    @classmethod
    def open(
        cls, settings: Settings, build: NoetlBuild, folder: RunFolder, console: Console
    ) -> EmbeddedSandbox:
        """Start all services and wait until they are ready.

        Raises:
            UsageError: NoETL cannot be installed here.
            SandboxError: a service did not come up; nothing of it is left.
        """
        environment = noetl_environment.ensure(build, WORK, console)
        sandbox = cls(settings, folder, console)
        sandbox.noetl_origin = build.origin
        began = time.monotonic()
        try:
            sandbox._start(environment)
        except BaseException:
            with shielded():
                sandbox.close()
            raise
        sandbox.ready_seconds = time.monotonic() - began
        return sandbox

    def states(self) -> list[ServiceState]:
        """Return the state of every service."""
        return [service.state() for service in self._services]

    @property
    def secrets(self) -> Mapping[str, str]:
        """The passwords made for this sandbox, by what they are for."""
        return self._passwords

    def log(self, service: str) -> str:
        """Return the whole log of a service as it stands, before anything is redacted."""
        return (self._folder.logs / f"{service}.log").read_text(errors="replace")

    def new_logs(self) -> dict[str, str]:
        """Return the whole lines that each service has logged since the last time; raw."""
        return {service.name: service.new_log() for service in self._services}

    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        """Return the last lines of a service's log, without passwords."""
        return next((s.tail(lines) for s in self._services if s.name == service), [])

    def open_outside(self) -> Outside:
        """Start a profile API at another loopback address, which no variable exempts."""
        address = f"http://{OUTSIDE}:{self._ports.numbers[-1]}"
        if self._outside is None:
            options = [f"--host={OUTSIDE}", f"--port={self._ports.numbers[-1]}"]
            self._run_profile_api("outside", options, {})
            self._wait(
                lambda: readiness.answers(f"{address}/_control/health"), "the outside answering"
            )
            self._outside = Outside(here=address, there=address)
        return self._outside

    def close(self) -> None:
        """Stop all services and remove their data; their logs stay, without passwords."""
        if self._closed:
            return
        self._closed = True
        for group in ("worker", "server", ""):  # a service waits for those that it depends on
            stop_all([service for service in self._services if service.name.startswith(group)])
        remove_tempfiles(self._began)
        shutil.rmtree(self._data, ignore_errors=True)
        put_away(self._folder.logs, self._passwords.values())
        self._ports.release()
        self._ledger.close()

    def _data_folder(self) -> Path:
        """Make the folder for the services' data where their user can reach it."""
        data = self._folder.data
        if os.geteuid() == 0 and not postgres.reachable_by_nobody(self._folder.path):
            data = Path(tempfile.gettempdir()) / f"noetl-acceptance-{self._folder.sandbox_id}"
        self._ledger.add(data)
        data.mkdir(mode=0o711)
        (data / "tmp").mkdir()
        (data / "tmp").chmod(0o1777)  # one of the services may run as another user
        return data

    def _start(self, environment: noetl_environment.NoetlEnvironment) -> None:
        self.noetl_version = noetl_environment.installed_version(environment)
        postgres_port, server_port, *api_ports, _ = self._ports.numbers
        self._start_profile_api(api_ports)
        nats = self._start_nats()
        programs = postgres.binaries(self._data)
        base = self._base_environment()
        cluster = self._data / "postgres"
        postgres.initialise(programs, cluster, self._passwords["postgres"], base)
        log = self._folder.logs / "postgres.log"
        self._services.append(postgres.start(programs, cluster, postgres_port, base, log))
        maintenance = postgres.conninfo(postgres_port, self._passwords["postgres"], "postgres")
        self._wait(lambda: postgres.answers(maintenance), "Postgres taking connections")
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        database = postgres.conninfo(postgres_port, self._passwords["postgres"])
        schema.apply_ddl(database, schema.ddl_file(environment.package).read_text())
        nats_port, monitor_port = self._nats_ports(nats)
        backends = Backends(
            HOST,
            postgres_port,
            HOST,
            nats_port,
            self._passwords["postgres"],
            self._passwords["nats"],
        )
        url = f"http://{HOST}:{server_port}"
        sink = f"http://{HOST}:{api_ports[3]}"
        self._start_noetl(environment.python, backends, url, server_port, sink)
        self.endpoints = Endpoints(
            noetl=url,
            profile_api=f"http://{HOST}:{api_ports[0]}",
            profile_api_inside=f"http://{HOST}:{api_ports[0]}",
            profile_api_second=f"http://{HOST}:{api_ports[1]}",
            profile_api_tls=f"https://{HOST}:{api_ports[2]}",
            database=database,
            credential=backends.credential,
        )
        self._wait_until_ready(f"http://{HOST}:{monitor_port}")

    def _start_profile_api(self, ports: Sequence[int]) -> None:
        options = ("--port", "--second-port", "--tls-port", "--sink-port")
        named = [f"{option}={port}" for option, port in zip(options, ports, strict=True)]
        private = {CERTIFICATE_VARIABLE: self._certificate.private}
        self._run_profile_api("profile-api", named, private)

    def _run_profile_api(
        self, name: str, options: Sequence[str], variables: dict[str, str]
    ) -> None:
        command = [sys.executable, "-m", "noetl_acceptance.profile_api", *options]
        self._run(name, command, {"PYTHONPATH": str(ROOT), **variables})

    def _start_noetl(
        self, python: Path, backends: Backends, url: str, port: int, sink: str
    ) -> None:
        authority = self._data / "authority.pem"
        self._certificate.write_authority(authority)
        variables = {
            **noetl_variables(backends, url, str(self._data / "noetl")),
            **(proxy_variables(sink, [HOST, "localhost"]) if self._settings.isolated else {}),
            TRUST_VARIABLE: str(authority),
            "NOETL_HOST": HOST,
            "NOETL_PORT": str(port),
        }
        command = [str(python), "-m", "noetl.server", "--host", HOST, "--port", str(port)]
        self._run("server", command, variables)
        worker = [str(python), "-m", "noetl.worker", "--server-url", url]
        for number in range(1, self.workers + 1):
            mine = worker_variables(number, self._settings)
            self._run(f"worker-{number}", worker, {**variables, **mine})

    def _wait_until_ready(self, nats_monitor: str) -> None:
        health = f"{self.endpoints.noetl}/api/health"
        control = f"{self.endpoints.profile_api}/_control/health"
        self._wait(lambda: readiness.answers(control), "the profile API answering")
        self._wait(lambda: readiness.answers(health), "NoETL's API answering")
        self._wait(
            lambda: readiness.waiting_pulls(nats_monitor) >= self.workers,
            f"{self.workers} workers subscribed to NATS",
        )
        remove_tempfiles(self._began)

    def _start_nats(self) -> Service:
        folder = self._data / "nats"
        folder.mkdir(mode=0o700)
        configuration = folder / "nats.conf"
        configuration.touch(mode=0o600)
        authorization = {"user": USER, "password": self._passwords["nats"]}
        configuration.write_text(
            f'listen: "{HOST}:-1"\nhttp: "{HOST}:-1"\nports_file_dir: {json.dumps(str(folder))}\n'
            f"jetstream {{ store_dir: {json.dumps(str(folder))} }}\n"
            f"authorization {json.dumps(authorization)}\n"
        )
        return self._run("nats", [nats_program(), "--config", str(configuration)], {})

    def _nats_ports(self, nats: Service) -> tuple[int, int]:
        """Return the client's and the monitor's port, which NATS chose itself."""
        file = self._data / "nats" / f"nats-server_{nats.process.pid}.ports"
        self._wait(lambda: file.exists() and file.stat().st_size > 0, "NATS listening")
        found = json.loads(file.read_text())
        return _port(found["nats"][0]), _port(found["monitoring"][0])

    def _run(self, name: str, command: list[str], variables: dict[str, str]) -> Service:
        service = Service.start(
            name,
            command,
            {**self._base_environment(), **variables},
            self._folder.logs / f"{name}.log",
            folder=self._data,
            secrets=list(self._passwords.values()),
        )
        self._services.append(service)
        return service

    def _base_environment(self) -> dict[str, str]:
        """Return an environment made from nothing, so that none of the user's secrets leak in."""
        return {
            RUN_VARIABLE: self._folder.sandbox_id,
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._data),
            "TMPDIR": str(self._data / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _wait(self, ready: object, what: str) -> None:
        readiness.wait_until(ready, what, self._check_services, self._console)  # type: ignore[arg-type]

    def _check_services(self) -> None:
        for service in self._services:
            service.require_running()


def nats_program() -> str:
    """Return the nats-server of the suite's environment.

    Raises:
        SandboxError: it is not installed.
    """
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return str(beside)
    raise SandboxError("nats-server is not in the suite's environment", "run `make env`")


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
