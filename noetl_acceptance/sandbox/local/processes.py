"""Processes of this machine that a sandbox starts, watches and ends."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.sandbox.log_files import file_in_parts, in_parts, last_lines
from noetl_acceptance.sandbox.protocol import ServiceState
from noetl_acceptance.sandbox.remains import RUN_VARIABLE, outliving
from noetl_acceptance.support.procfs import frozen
from noetl_acceptance.support.redaction import redacted

NOBODY = 65534
"""The unprivileged user for what refuses to run as root (Debian's and Ubuntu's ``nobody``)."""

STOP_SECONDS = 5.0
"""How long a process may take to end before it is killed."""

UNSEEN = 256
"""In place of an exit code where nobody has seen the process end."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A process that another run has started for a sandbox, known by the variable it carries."""

    pid: int
    sandbox_id: str

    def poll(self) -> int | None:
        """Return None while it runs, then ``UNSEEN``."""
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if psutil.Process(self.pid).environ().get(RUN_VARIABLE) == self.sandbox_id:
                return None
        return UNSEEN

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it took too long.
        """
        try:
            if self.poll() is None:
                psutil.Process(self.pid).wait(timeout)
        except psutil.TimeoutExpired as late:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from late
        except psutil.NoSuchProcess:
            pass  # it has gone meanwhile
        return UNSEEN


@dataclass(frozen=True, slots=True)
class Launch:
    """How a process is started, the first time and again.

    Args:
        command: the program and its arguments.
        environment: all of its environment; nothing of the suite's own is passed on.
        folder: its working folder.
        unprivileged: run as ``nobody`` when the suite runs as root.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    unprivileged: bool = False

    def begin(self, log: Path) -> subprocess.Popen[bytes]:
        """Start the process in a session of its own, so that Ctrl-C reaches only the suite.

        Args:
            log: the file for its output, which goes on where there is one.

        Raises:
            OSError: it cannot be started.
        """
        as_nobody = self.unprivileged and os.geteuid() == 0
        with log.open("ab") as output:
            return subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
                umask=0o077,
                user=NOBODY if as_nobody else None,
                group=NOBODY if as_nobody else None,
                extra_groups=[] if as_nobody else None,
            )


@dataclass
class Service:
    """One service and its process of now.

    Its output goes to ``log``, ``secrets`` are kept out of messages. ``launch`` is None where
    another run has started it.
    """

    name: str
    process: subprocess.Popen[bytes] | Adopted
    log: Path
    stop_signal: int = signal.SIGTERM
    secrets: Sequence[str] = ()
    launch: Launch | None = None
    _begin: int = 0
    _read: int = 0

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        folder: Path,
        unprivileged: bool = False,
        secrets: Sequence[str] = (),
    ) -> Service:
        """Start a service; see ``Launch`` for the arguments that are not explained here.

        Args:
            name: of the service, for messages.
            command: see there.
            environment: see there.
            log: the file for its output.
            folder: see there.
            unprivileged: see there.
            secrets: what may stand in its log, but in no message.

        Raises:
            UsageError: the program is none of this machine's, or may not be run.
        """
        launch = Launch(command, environment, folder, unprivileged)
        try:
            process = launch.begin(log)
        except OSError as error:
            if error.errno not in (errno.ENOEXEC, errno.EACCES):
                raise
            raise UsageError(
                f"{name} cannot be started: {error.strerror} ({command[0]})",
                "it must be a program of this machine, and executable (`chmod +x`)",
            ) from None
        return cls(name, process, log, secrets=secrets, launch=launch)

    def start_again(self) -> None:
        """Start the service anew after its end, as it was started first; its log goes on.

        Raises:
            OSError: it cannot be started.
        """
        assert self.launch is not None  # noqa: S101 - the sandbox refuses what it has not started
        self.signal_group(signal.SIGKILL)  # what has outlived the process before
        self._end_last_line()
        self.process = self.launch.begin(self.log)

    def becomes(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Have it started with another program from its next start on.

        Args:
            command: the program and its arguments.
            variables: take the place of those of the same names.
        """
        assert self.launch is not None  # noqa: S101 - as above
        environment = {**self.launch.environment, **variables}
        self.launch = replace(self.launch, command=command, environment=environment)

    def _end_last_line(self) -> None:
        """Keep what a killed process has written last from the first line of the next one."""
        with self.log.open("rb+") as log:
            if log.seek(0, os.SEEK_END) > 0:
                log.seek(-1, os.SEEK_END)
                if log.read(1) != b"\n":
                    log.write(b"\n")

    def skip_log(self) -> None:
        """Have this run's part of the log begin at its end of now."""
        with suppress(FileNotFoundError):
            self._begin = self._read = self.log.stat().st_size

    def log_of_run(self) -> Iterator[str]:
        """Yield this run's part of the log, in parts of whole lines."""
        return file_in_parts(self.log, self._begin)

    def state(self, family: Iterable[int] = ()) -> ServiceState:
        """Return whether it runs, else its exit code where one was seen.

        Args:
            family: its processes, any of which somebody may have stopped.
        """
        code = self.process.poll()
        return ServiceState(
            self.name,
            running=code is None,
            exit_code=None if code == UNSEEN else code,
            life=str(self.process.pid),
            frozen=code is None and frozen([self.process.pid, *family]),
        )

    def tail(self, lines: int) -> list[str]:
        """Return the last lines of its log, without secrets."""
        if not self.log.exists():
            return []
        return redacted("\n".join(last_lines(self.log, lines)), self.secrets).splitlines()

    def new_log(self) -> Iterator[str]:
        """Yield the whole lines of its log since this was asked last, in parts."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            for part in in_parts(log):
                whole = part[: part.rfind(b"\n") + 1]
                self._read += len(whole)
                if whole:
                    yield whole.decode(errors="replace")

    @property
    def _sandbox_id(self) -> str:
        if isinstance(self.process, Adopted):
            return self.process.sandbox_id
        return self.launch.environment.get(RUN_VARIABLE, "") if self.launch else ""

    def signal_group(self, number: int) -> None:
        """Send a signal to the process and its children, also to those that have outlived it."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            return
        for child in outliving(self.process.pid, self._sandbox_id):
            with suppress(psutil.NoSuchProcess):
                child.send_signal(number)

    def wait_or_kill(self) -> None:
        """Wait for the process to end; kill it when it takes too long, and what it leaves behind.

        Raises:
            SandboxError: it does not even end then.
        """
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal_group(signal.SIGKILL)
            self._wait_after_kill()
        self.signal_group(signal.SIGKILL)

    def _wait_after_kill(self) -> None:
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise SandboxError(
                f"{self.name} (process {self.process.pid}) was killed and does not end",
                "it may hang in the kernel: look at its disk",
            ) from None


def stop_all(services: Sequence[Service]) -> None:
    """End processes side by side."""
    for service in services:
        service.signal_group(service.stop_signal)
    for service in services:
        service.wait_or_kill()
