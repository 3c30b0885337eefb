"""The sandbox of local processes, for a machine without Docker."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from noetl_acceptance.ddl import noetl_tables
from noetl_acceptance.generations.services import DATABASE, Backends, Surroundings
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.options import Settings
from noetl_acceptance.places import PACKAGE
from noetl_acceptance.profile_api import CERTIFICATE_VARIABLE, CONTROL_VARIABLE
from noetl_acceptance.sandbox import links, postgres, readiness
from noetl_acceptance.sandbox.builds.asked import Build, build_of
from noetl_acceptance.sandbox.builds.installed import Installed, installed
from noetl_acceptance.sandbox.control import ServiceControl
from noetl_acceptance.sandbox.ledgers import KeptService, Ledger
from noetl_acceptance.sandbox.local import data_folder, nats, postgres_cluster
from noetl_acceptance.sandbox.local.control import ProcessControl, thaw
from noetl_acceptance.sandbox.local.links import LocalLinks
from noetl_acceptance.sandbox.local.noetl_programs import SERVER, NoetlPrograms
from noetl_acceptance.sandbox.local.processes import Adopted, Service, stop_all
from noetl_acceptance.sandbox.local.service_environment import base_environment
from noetl_acceptance.sandbox.local.shared_memory import CLUSTER, remove_segment
from noetl_acceptance.sandbox.local.tempfiles import remove_tempfiles
from noetl_acceptance.sandbox.log_files import RAW, file_in_parts
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.sandbox.own_control import Sight
from noetl_acceptance.sandbox.passwords import ENCRYPTION
from noetl_acceptance.sandbox.protocol import (
    Capability,
    Endpoints,
    Outside,
    RunFolder,
    ServiceState,
    require,
)
from noetl_acceptance.sandbox.proxies import proxy_variables
from noetl_acceptance.sandbox.remains import end, processes_in
from noetl_acceptance.sandbox.starting import refuse_ended
from noetl_acceptance.sandbox.tls import TRUST_VARIABLE, Certificate
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.database import connect
from noetl_acceptance.support.ports import HOST, ReservedPorts
from noetl_acceptance.support.procfs import Families

OUTSIDE = "127.0.0.9"
"""An address of this machine that the services' variables do not exempt from the sink."""

PORTS = 9
"""How many ports a sandbox takes; the last is that of the service outside."""

SERVICE_VARIABLE = "NOETL_SANDBOX_SERVICE"
"""Every process of a service carries the service's name in this variable."""

_OUTSIDE = "outside"
"""The name of the service there, which is not part of the sandbox."""


class EmbeddedSandbox(OwnSandbox):
    """Services as local processes; see ``OwnSandbox``."""

    kind = "embedded"
    _programs: Sequence[NoetlPrograms]

    def __init__(
        self, settings: Settings, folder: RunFolder, console: Console, ledger: Ledger | None = None
    ) -> None:
        super().__init__(settings, folder, console, ledger)
        self._services: list[Service] = []
        self._families = Families()
        self._outside: Outside | None = None
        self._ports = ReservedPorts(1 if self.stays else PORTS)
        self._data = self._ledger.entry.data or self._make_data_folder()

    @classmethod
    def open(
        cls, settings: Settings, build: Build, folder: RunFolder, console: Console
    ) -> EmbeddedSandbox:
        """Start all services and wait until they are ready.

        Raises:
            UsageError: NoETL cannot be installed here.
            SandboxError: a service did not come up; nothing of it is left.
        """
        noetl = installed(build, console)
        beside = [installed(build_of(settings.beside), console)] if settings.beside else []
        sandbox = cls(settings, folder, console)
        sandbox._tell_origin(build.origin)
        with sandbox._coming_up():
            sandbox._start(noetl, beside)
        return sandbox

    def states(self) -> list[ServiceState]:
        """Return the state of every service."""
        families = self.processes()
        return [service.state(families.get(service.name, ())) for service in self._services]

    def processes(self) -> dict[str, list[int]]:
        """Return the ids of each service's processes, children included."""
        running = [each for each in self._services if each.process.poll() is None]
        return self._families.of({each.name: each.process.pid for each in running})

    def log(self, service: str) -> Iterator[str]:
        """Yield the whole log of a service as it stands, before anything is redacted."""
        return file_in_parts(self._log_file(service))

    def new_logs(self) -> dict[str, Iterator[str]]:
        """Return the whole lines that each service has logged since the last time; raw."""
        return {service.name: service.new_log() for service in self._services}

    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        """Return the last lines of a service's log, without passwords."""
        return next((s.tail(lines) for s in self._services if s.name == service), [])

    @property
    def control(self) -> ServiceControl:
        """What can be done to the services; nothing where another run has started them."""
        require(self, Capability.FAULTS)
        sight = Sight(self.states, lambda: self.endpoints, self._monitor, self.secrets["nats"])
        port, start = self._ports.numbers[2], self._start_program
        return ProcessControl(sight, self._services, self.processes, start, port, self._programs)

    def open_outside(self) -> Outside:
        """Start a profile API at another loopback address, which no variable exempts."""
        address = f"http://{OUTSIDE}:{self._ports.numbers[-1]}"
        if self._outside is None:
            options = [f"--host={OUTSIDE}", f"--port={self._ports.numbers[-1]}"]
            self._run_profile_api(_OUTSIDE, options, {})
            health = f"{address}/_control/health"
            self._wait(lambda: readiness.answers(health), "the outside answering")
            self._outside = Outside(here=address, there=address)
        return self._outside

    def _take_down(self) -> None:
        thaw(self.processes().values())
        for group in ("worker", "server", ""):  # a service waits for those that it depends on
            stop_all([service for service in self._services if service.name.startswith(group)])
        end(processes_in(self._place.sandbox_id, self._data))  # what has left its service's session
        remove_segment(self._data / CLUSTER)
        remove_tempfiles(self._began)
        self._save_logs(self.log)
        shutil.rmtree(self._data, ignore_errors=True)
        self._ports.release()

    def _log_of_run(self, service: str) -> Iterator[str]:
        return next((s.log_of_run() for s in self._services if s.name == service), iter(()))

    def disconnect(self) -> None:
        """Give up what this process holds of a sandbox that stays."""
        stop_all([service for service in self._services if service.name == _OUTSIDE])
        self._ports.release()

    def _adopt_services(self, services: Sequence[KeptService]) -> None:
        sandbox_id = self._place.sandbox_id
        self.capabilities -= {Capability.FAULTS}  # how they were started is not known here
        self._services = [
            Service(
                each.name,
                Adopted(each.pid, sandbox_id),
                self._log_file(each.name),
                each.stop_signal,
                list(self.secrets.values()),
            )
            for each in services
        ]
        for service in self._services:
            service.skip_log()

    def _services_to_keep(self) -> Sequence[KeptService]:
        return [
            KeptService(name=each.name, pid=each.process.pid, stop_signal=each.stop_signal)
            for each in self._services
            if each.name != _OUTSIDE
        ]

    def _make_data_folder(self) -> Path:
        data = data_folder.place_of(self._place)
        self._ledger.data_in(data)
        data_folder.make(data)
        return data

    @property
    def _authority(self) -> Path:
        return self._data / "authority.pem"

    def _log_file(self, service: str) -> Path:
        return self._data / RAW / f"{service}.log"

    def _start(self, noetl: Installed, beside: Sequence[Installed]) -> None:
        postgres_port, server_port, nats_port, monitor_port, *api_ports, _ = self._ports.numbers
        certificate = Certificate.issue([HOST])
        certificate.write_authority(self._authority)
        self._start_profile_api(api_ports, certificate)
        broker = nats.command(self._data / "nats", self.secrets["nats"], nats_port, monitor_port)
        self._run("nats", broker, {})
        programs = postgres_cluster.binaries(self._data)
        base = base_environment(self._place.sandbox_id, self._data)
        cluster = self._data / CLUSTER
        postgres_cluster.initialise(programs, cluster, self.secrets["postgres"], base)
        log = self._log_file("postgres")
        self._services.append(postgres_cluster.start(programs, cluster, postgres_port, base, log))
        maintenance = postgres.conninfo(postgres_port, self.secrets["postgres"], "postgres")
        self._wait(lambda: postgres.answers(maintenance), "Postgres taking connections")
        with connect(maintenance) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        database = postgres.conninfo(postgres_port, self.secrets["postgres"])
        with connect(database) as connection:
            noetl_tables.apply_ddl(connection, noetl.ddl.read_text(encoding="utf-8"))
            noetl_tables.count_statements(connection)
        self._wait(lambda: readiness.answers(f"{self._monitor()}/healthz"), "NATS answering")
        words = self.secrets["postgres"], self.secrets["nats"]
        backends = Backends(HOST, postgres_port, HOST, nats_port, *words)
        listen, url = (HOST, server_port), f"http://{HOST}:{server_port}"
        addresses = links.direct(backends, listen, (HOST, api_ports[0]))
        if self.settings.links:
            addresses = self._start_links(addresses)
        folder = str(self._data / "noetl")
        surroundings = Surroundings(backends, url, listen, folder, self.secrets[ENCRYPTION])
        views = links.views(surroundings, addresses)
        self._start_noetl([noetl, *beside], views, f"http://{HOST}:{api_ports[3]}")
        self.endpoints = Endpoints(
            noetl=url,
            profile_api=f"http://{HOST}:{api_ports[0]}",
            profile_api_inside=links.url(addresses["worker-profile-api"]),
            profile_api_second=f"http://{HOST}:{api_ports[1]}",
            profile_api_tls=f"https://{HOST}:{api_ports[2]}",
            database=database,
            credential=views.workers.backends.credential,
            control_token=self._control_token,
        )
        self._wait_until_ready()
        remove_tempfiles(self._began)
        self.noetl_version = noetl.version(url)

    def _start_profile_api(self, ports: Sequence[int], certificate: Certificate) -> None:
        options = ("--port", "--second-port", "--tls-port", "--sink-port")
        named = [f"{option}={port}" for option, port in zip(options, ports, strict=True)]
        private = {CERTIFICATE_VARIABLE: certificate.private}
        self._run_profile_api("profile-api", named, private)

    def _run_profile_api(
        self, name: str, options: Sequence[str], variables: dict[str, str]
    ) -> None:
        command = [sys.executable, "-m", "noetl_acceptance.profile_api", *options]
        token = {CONTROL_VARIABLE: self._control_token}
        self._run(name, command, {"PYTHONPATH": str(PACKAGE.parent), **token, **variables})

    def _start_links(self, targets: links.Addresses) -> links.Addresses:
        """Start the proxy in the links; return where it listens for each."""
        proxy = LocalLinks(targets, SERVICE_VARIABLE, self._control_token)
        self._run(links.SERVICE, proxy.command, proxy.variables)
        health = f"{proxy.url}/health"
        self._wait(lambda: readiness.answers(health), "the proxy of the links answering")
        proxy.release()
        self._links = LinkProxy(proxy.url, self._control_token)
        return proxy.addresses

    def _start_noetl(self, installed: Sequence[Installed], views: links.Views, sink: str) -> None:
        shared = {
            **self._own_settings,
            **(proxy_variables(sink, [HOST, "localhost"]) if self.settings.isolated else {}),
            TRUST_VARIABLE: str(self._authority),
        }
        self._programs = [
            NoetlPrograms(each.release, each.services, views, self.settings, shared)
            for each in installed
        ]
        self._start_program(SERVER)
        if installed[0].services.workers_need_server:
            health = f"{links.url(views.server.listen)}/api/health"
            self._wait(lambda: readiness.answers(health), "NoETL's API answering")
        for number in range(1, self.workers + 1):
            self._start_program(f"worker-{number}")

    def _start_program(self, service: str) -> Service:
        program = self._programs[0].of(service)
        return self._run(service, program.command, program.variables)

    def _monitor(self) -> str:
        return f"http://{HOST}:{self._ports.numbers[3]}"

    def _run(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> Service:
        base = base_environment(self._place.sandbox_id, self._data)
        service = Service.start(
            name,
            command,
            {**base, SERVICE_VARIABLE: name, **variables},
            self._log_file(name),
            folder=self._data,
            secrets=list(self.secrets.values()),
        )
        self._services.append(service)
        return service

    def _check_services(self) -> None:
        refuse_ended(self.states(), self.log_tail)
