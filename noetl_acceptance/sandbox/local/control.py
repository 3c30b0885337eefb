"""Ends, freezes and starts again the services that are processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import psutil

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.local.noetl_programs import NoetlPrograms
from noetl_acceptance.sandbox.local.processes import Service
from noetl_acceptance.sandbox.own_control import OwnControl, Sight, named, require
from noetl_acceptance.support.procfs import frozen

_ORDERLY = {"postgres": signal.SIGINT}
"""What an orderly stop sends where that is not TERM: on TERM Postgres waits for its clients."""


class ProcessControl(OwnControl):
    """Services as local processes; see ``OwnControl``.

    Args:
        sight: of the sandbox.
        services: each is changed in its place when it is started again.
        families: tells the processes of each, children included.
        start_service: starts a worker that there is not yet.
        nats_port: where NATS listens for clients.
        programs: of the release under test, and of the one beside it if there is one.
    """

    def __init__(
        self,
        sight: Sight,
        services: Sequence[Service],
        families: Callable[[], Mapping[str, Sequence[int]]],
        start_service: Callable[[str], Service],
        nats_port: int,
        programs: Sequence[NoetlPrograms] = (),
    ) -> None:
        super().__init__(sight)
        self._services = services
        self._families = families
        self._start_service = start_service
        self._port = nats_port
        self._programs = programs

    def kill(self, service: str) -> None:
        """Kill a service's process and its children.

        Those of Postgres are in groups of their own. While all are looked for, which takes some
        milliseconds, the service must not go on.
        """
        killed = self._running(service)
        killed.signal_group(signal.SIGSTOP)
        send(self._family(killed), signal.SIGKILL)
        killed.signal_group(signal.SIGKILL)

    def terminate(self, service: str) -> None:
        """Ask a service's first process to end: its children are its own affair."""
        send([self._running(service).process.pid], _ORDERLY.get(service, signal.SIGTERM))

    def start(self, service: str) -> None:
        """Start a service with the same command, variables, folder and ports; its log goes on."""
        ended = self._service(service)
        require(ended.state(), running=False)
        try:
            ended.start_again()
        except OSError as error:
            raise SandboxError(f"{service} cannot be started again: {error.strerror}") from error

    def update(self, service: str, *, beside: bool) -> None:
        """Start a service of NoETL's with the programs of another release."""
        program = self._programs[-1 if beside else 0].of(service)
        self._service(service).becomes(program.command, program.variables)
        self.start(service)

    def release_of(self, service: str) -> str:
        """Return the release whose program the process of a service is running."""
        pid = self._running(service).process.pid
        command = psutil.Process(pid).cmdline()
        named = [each.release for each in self._programs if each.of(service).command == command]
        return named[0] if named else ""

    def pause(self, service: str) -> None:
        """Stop all processes of a service, also those that it starts meanwhile."""
        paused = self._running(service)
        stopped: set[int] = set()
        while moving := [pid for pid in self._family(paused) if pid not in stopped]:
            send(moving, signal.SIGSTOP)
            stopped.update(moving)

    def resume(self, service: str) -> None:
        """Have all processes of a service go on."""
        send(self._family(self._running(service)), signal.SIGCONT)

    def add_workers(self, count: int) -> Sequence[str]:
        """Start workers with the variables of the others."""
        numbers = [
            int(each.name.removeprefix("worker-"))
            for each in self._services
            if each.name.startswith("worker-")
        ]
        first = max(numbers, default=0) + 1
        new = range(first, first + count)
        return [self._start_service(f"worker-{number}").name for number in new]

    def _nats_port(self) -> int:
        return self._port

    def _family(self, service: Service) -> Sequence[int]:
        """Return a service's processes, the first one first: it starts the others."""
        first = service.process.pid
        return [first, *(pid for pid in self._families().get(service.name, ()) if pid != first)]

    def _running(self, name: str) -> Service:
        service = self._service(name)
        require(service.state(), running=True)
        return service

    def _service(self, name: str) -> Service:
        return named(name, self._services, lambda each: each.name)


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def thaw(families: Iterable[Sequence[int]]) -> None:
    """Have those go on of whose processes one is frozen; until then they hear of KILL alone."""
    for pids in families:
        if frozen(pids):
            send(pids, signal.SIGCONT)
