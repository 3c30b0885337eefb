"""How NoETL's server and workers are started as processes of one sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from noetl_acceptance.generations.services import Services
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox import links

SERVER = "server"


@dataclass(frozen=True, slots=True)
class Program:
    """A program with its arguments, and its own environment variables."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoetlPrograms:
    """The programs of one release of NoETL.

    Args:
        release: which.
        services: how its services are started.
        views: where the server and the workers find the others.
        settings: of the run.
        shared: variables that server and workers have besides.
    """

    release: str
    services: Services
    views: links.Views
    settings: Settings
    shared: Mapping[str, str] = field(repr=False)

    def of(self, service: str) -> Program:
        """Return what ``server`` or ``worker-N`` is started with."""
        services, views = self.services, self.views
        if service == SERVER:
            own = {**services.variables(views.server), **services.server_variables(views.server)}
            return Program(services.server_command(views.server), {**own, **self.shared})
        number = int(service.removeprefix("worker-"))
        mine = services.worker_variables(number, self.settings)
        variables = {**services.variables(views.workers), **self.shared, **mine}
        return Program(services.worker_command(views.workers), variables)
