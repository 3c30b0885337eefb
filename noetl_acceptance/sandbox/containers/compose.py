"""The sandbox of containers: docker-compose through testcontainers."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from docker.models.containers import Container

from noetl_acceptance.ddl import noetl_tables
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.services import Backends, Surroundings
from noetl_acceptance.link_proxy.client import LinkProxy
from noetl_acceptance.options import Settings
from noetl_acceptance.places import WORK
from noetl_acceptance.profile_api import CERTIFICATE_VARIABLE, CONTROL_VARIABLE
from noetl_acceptance.sandbox import links, postgres, readiness
from noetl_acceptance.sandbox.builds.asked import Build
from noetl_acceptance.sandbox.builds.contained import Contained, contained
from noetl_acceptance.sandbox.builds.image_build import is_image
from noetl_acceptance.sandbox.builds.images import ensure_images
from noetl_acceptance.sandbox.containers import engine, variables
from noetl_acceptance.sandbox.containers.control import CAPABILITIES, ContainerControl
from noetl_acceptance.sandbox.containers.links import ContainerLinks
from noetl_acceptance.sandbox.containers.logs import log_in_parts, moment_of, new_lines
from noetl_acceptance.sandbox.containers.ports import PORTS, WANTED
from noetl_acceptance.sandbox.containers.processes import ContainerProcesses, service_name
from noetl_acceptance.sandbox.containers.project import Project
from noetl_acceptance.sandbox.containers.projects import remove_project
from noetl_acceptance.sandbox.containers.states import KnownContainers, published_ports, state_of
from noetl_acceptance.sandbox.ledgers import KeptService, Ledger
from noetl_acceptance.sandbox.leftovers import RUN_LABEL
from noetl_acceptance.sandbox.managed import OwnSandbox
from noetl_acceptance.sandbox.own_control import Sight
from noetl_acceptance.sandbox.owner import label_of
from noetl_acceptance.sandbox.passwords import ENCRYPTION
from noetl_acceptance.sandbox.private_files import write_private
from noetl_acceptance.sandbox.protocol import Endpoints, Outside, RunFolder, ServiceState
from noetl_acceptance.sandbox.starting import refuse_ended
from noetl_acceptance.sandbox.tls import Certificate
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.database import connect
from noetl_acceptance.support.redaction import redacted

_LISTEN = ("0.0.0.0", 8082)  # noqa: S104 - in the container

IMAGES_FILE = "images.yaml"
"""What compose takes of images that are tested as they are."""


class ComposeSandbox(OwnSandbox):
    """Services as containers; see ``OwnSandbox``."""

    kind = "compose"
    capabilities = CAPABILITIES

    def __init__(
        self, settings: Settings, folder: RunFolder, console: Console, ledger: Ledger | None = None
    ) -> None:
        kept = ledger.entry.kept if ledger else None
        self._engine = kept.engine if kept else engine.endpoint()
        self._client = engine.client(self._engine)
        super().__init__(settings, folder, console, ledger)
        place = self._place
        words = self.secrets["postgres"], self.secrets["nats"]
        self._backends = Backends("postgres", 5432, "nats", 4222, *words)
        self._paths = ContainerLinks(self._backends, settings.links)
        self._private = [place.data / name for name in ("compose.env", "noetl.env", "server.env")]
        self._project = Project(
            place.sandbox_id,
            self._private[0],
            self._engine,
            isolated=settings.isolated,
            further=[place.data / IMAGES_FILE] if is_image(settings.noetl) else (),
            secrets=self.secrets.values(),
        )
        self._outside: Outside | None = None
        self._read: dict[str, str] = {}
        self._attached = ""
        self._containers = KnownContainers(self._listed)
        self._processes = ContainerProcesses(self._containers.all)
        self._ports: dict[str, int] = {}
        self._runners: Mapping[str, str] = {}

    @classmethod
    def open(
        cls, settings: Settings, build: Build, folder: RunFolder, console: Console
    ) -> ComposeSandbox:
        """Bring all services up and wait until they are ready.

        Raises:
            UsageError: NoETL cannot be installed, or the disk is full.
            SandboxError: a service did not come up; nothing of it is left.
        """
        noetl = contained(build, console)
        images = ensure_images(build, console)
        sandbox = cls(settings, folder, console)
        sandbox._tell_origin(noetl.origin)
        with sandbox._coming_up():
            sandbox._start(images, noetl)
        return sandbox

    def states(self) -> list[ServiceState]:
        """Return the state of every container."""
        with engine.answering():
            containers = self._containers.all()
        here = self._processes.by_service()
        return [state_of(each, here.get(service_name(each), ())) for each in containers]

    def processes(self) -> dict[str, list[int]]:
        """Return the ids of each container's processes, where they are on this machine."""
        return self._processes.by_service()

    def log(self, service: str) -> Iterator[str]:
        """Yield the whole log of a container as it stands, raw, in parts of whole lines."""
        return self._log(service)

    def new_logs(self) -> dict[str, Iterator[str]]:
        """Return the whole lines that each container has logged since the last time; raw."""
        with engine.answering():
            return {service_name(each): self._new_log(each) for each in self._containers.all()}

    def _new_log(self, container: Container) -> Iterator[str]:
        name = service_name(container)
        with engine.answering():
            for stamp, part in new_lines(container, self._read.get(name, self._attached)):
                self._read[name] = stamp
                yield part

    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        """Return the last lines of a container's log, without passwords."""
        text = "".join(self._log(service, tail=lines))
        return redacted(text, self.secrets.values()).splitlines()

    def _log(self, service: str, **options: Any) -> Iterator[str]:
        with engine.answering():
            for container in self._containers.all():
                if service_name(container) == service:
                    yield from log_in_parts(container, **options)

    @property
    def control(self) -> ContainerControl:
        """What can be done to the services."""
        sight = Sight(self.states, lambda: self.endpoints, self._monitor, self.secrets["nats"])
        create = self._project.create_workers
        return ContainerControl(sight, self._containers.all, self._look_again, create)

    def open_outside(self) -> Outside:
        """Start a container on another network, which the workers join where nothing isolates."""
        if self._outside is None:
            self._project.start_outside()
            here = f"http://127.0.0.1:{self._published_ports()['outside']}"
            control = f"{here}/_control/health"
            self._wait(lambda: readiness.answers(control), "the outside answering")
            self._outside = Outside(here=here, there=f"http://outside:{PORTS['outside']}")
        return self._outside

    def _take_down(self) -> None:
        try:
            self._save_logs(self.log)
        except (SandboxError, OSError) as error:
            self._console.say(f"the logs could not be saved: {error}")
        try:
            self.control.resume_all()
            self._project.stop()
        except (OSError, SandboxError) as error:
            self._console.say(f"docker compose down failed, removing piece by piece: {error}")
            remove_project(self._client, self._project.project)
        finally:
            self._client.close()
            shutil.rmtree(self._place.data, ignore_errors=True)

    def _log_of_run(self, service: str) -> Iterator[str]:
        return self._log(service, since=moment_of(self._attached))

    def disconnect(self) -> None:
        """Give up what this process holds of a sandbox that stays."""
        self._client.close()

    def _adopt_services(self, _services: Sequence[KeptService]) -> None:
        """Take the ports of now: a container that was started again has others than before."""
        self._attached = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        with suppress(SandboxError):  # one has ended: who needs it finds that out
            self.endpoints = self._addresses(self._published_ports())

    def _services_to_keep(self) -> Sequence[KeptService]:
        return [KeptService(name=state.name) for state in self.states()]

    def prepare(self, images: dict[str, str], noetl: Contained) -> list[str]:
        """Write the variables that the compose file takes; return compose's command for it."""
        key = self.secrets[ENCRYPTION]
        surroundings = Surroundings(self._backends, "", _LISTEN, noetl.data_folder, key)
        views = links.views(surroundings, self._paths.addresses)
        self._ledger.data_in(self._place.data)
        self._place.data.mkdir(mode=0o700)
        certificate = Certificate.issue(["profile-api"])
        own, services = self._own_settings, noetl.services
        write_private(self._private[1], variables.of_noetl(services, views, self.settings, own))
        write_private(self._private[2], variables.of_server(services, views, own))
        write_private(
            self._private[0],
            {
                "RUN_ID": self._place.sandbox_id,
                "OWNER": label_of(self._ledger.entry.owner, WORK),
                "WORKERS": str(self.workers),
                **self._paths.variables,
                **noetl.commands(views.workers),
                "NOETL_ENV": str(self._private[1].resolve()),
                "SERVER_ENV": str(self._private[2].resolve()),
                "AUTHORITY": certificate.authority.decode(),
                CERTIFICATE_VARIABLE: certificate.private,
                CONTROL_VARIABLE: self._control_token,
                "POSTGRES_PASSWORD": self.secrets["postgres"],
                "NATS_PASSWORD": self.secrets["nats"],
                **{f"{t.upper().replace('-', '_')}_IMAGE": tag for t, tag in images.items()},
            },
        )
        if noetl.images:
            file = self._place.data / IMAGES_FILE
            file.write_text(noetl.images(views.workers), encoding="utf-8")
        return self._project.compose_command_property

    def _start(self, images: dict[str, str], noetl: Contained) -> None:
        self._runners = noetl.runners
        self.prepare(images, noetl)
        if noetl.images:
            self._start_in_turn(noetl)
        self._project.start()
        self.endpoints = self._addresses(self._published_ports())
        if self.settings.links:
            url = f"http://127.0.0.1:{self._ports[links.SERVICE]}"
            self._links = LinkProxy(url, self._control_token)
        self._wait_until_ready()
        self.noetl_version = noetl.version(self.endpoints.noetl, self._containers.all())

    def _start_in_turn(self, noetl: Contained) -> None:
        """Start what images of others wait for before they do, and make NoETL's tables."""
        self._project.start_only("postgres", "nats", "profile-api", *self._paths.services)
        port = self._published_ports({"postgres"})["postgres"]
        database = postgres.conninfo(port, self.secrets["postgres"])
        self._wait(lambda: postgres.answers(database), "Postgres taking connections")
        with connect(database) as connection:
            noetl_tables.apply_ddl(connection, noetl.tables)
            noetl_tables.count_statements(connection)
        self._project.start_only("server")
        health = f"http://127.0.0.1:{self._published_ports({'server'})['server']}/api/health"
        self._wait(lambda: readiness.answers(health), "NoETL's API answering")

    def _addresses(self, ports: Mapping[str, int]) -> Endpoints:
        inside = self._paths.addresses
        return Endpoints(
            noetl=f"http://127.0.0.1:{ports['server']}",
            profile_api=f"http://127.0.0.1:{ports['profile-api']}",
            profile_api_inside=links.url(inside["worker-profile-api"]),
            profile_api_second="http://profile-api:8081",
            profile_api_tls="https://profile-api:8443",
            database=postgres.conninfo(ports["postgres"], self.secrets["postgres"]),
            credential=links.as_workers_see(self._backends, inside).credential,
            control_token=self._control_token,
        )

    def _monitor(self) -> str:
        return f"http://127.0.0.1:{self._ports['nats']}"

    def _look_again(self) -> None:
        """Take the processes and ports of now: a container that was started again has others."""
        self._processes.forget()
        with engine.answering():
            self._ports |= published_ports(self._containers.all(), PORTS)
        self.endpoints = self._addresses(self._ports)

    def _check_services(self) -> None:
        states = {state.name: state for state in self.states()}
        first = [name for name in ("postgres", "nats", "profile-api") if name in states]
        ordered = [states[name] for name in dict.fromkeys([*first, *states])]
        refuse_ended(ordered, self.log_tail, self._runners)

    def _published_ports(self, wanted: Collection[str] = WANTED) -> dict[str, int]:
        with engine.answering():
            self._ports |= published_ports(self._containers.all(), PORTS)
        missing = sorted(set(wanted) - set(self._ports))
        if missing:
            self._check_services()
            raise SandboxError(f"no port is published for {', '.join(missing)}")
        return self._ports

    def _listed(self) -> list[Container]:
        label = f"{RUN_LABEL}={self._place.sandbox_id}"
        found: list[Container] = self._client.containers.list(
            all=True, filters={"label": label}, ignore_removed=True, sparse=True
        )
        return found
