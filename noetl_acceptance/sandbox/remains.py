"""The processes that belong to a sandbox, whoever their parent is by now, and their end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

RUN_VARIABLE = "NOETL_SANDBOX_RUN"
"""Every process of a sandbox carries the sandbox's id in this variable."""


def end(processes: Sequence[psutil.Process]) -> None:
    """Kill processes; Postgres is asked first, as it has shared memory to give back."""
    asked = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.name() == "postgres":
                process.send_signal(signal.SIGQUIT)
                process.resume()  # one that is frozen does not hear it until then
                asked.append(process)
            else:
                process.kill()
    for process in psutil.wait_procs(asked, timeout=3)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def processes_in(sandbox_id: str, data: Path | None) -> list[psutil.Process]:
    """Return a sandbox's processes: by the id in their environment; Postgres's by its folder too.

    A process of Postgres writes its title over its environment.

    Args:
        sandbox_id: of the sandbox.
        data: its folder for the services' data; None where it has none yet.
    """
    return [
        process
        for process in psutil.process_iter()
        if _variable(process) == sandbox_id or (data and _is_postgres_in(process, data))
    ]


def outliving(leader: int, sandbox_id: str) -> list[psutil.Process]:
    """Return what is left of a process's session and group after its end.

    Another process may have the same number by now, and a session under it: one of those that are
    left must carry the sandbox's id.

    Args:
        leader: the number that the process had.
        sandbox_id: of the sandbox that it was a service of.
    """
    found = [process for process in psutil.process_iter() if leader in _groups(process.pid)]
    return found if any(_variable(process) == sandbox_id for process in found) else []


def _groups(pid: int) -> tuple[int, ...]:
    with suppress(OSError):
        return os.getsid(pid), os.getpgid(pid)
    return ()


def of_run(sandbox_id: str, run_id: str) -> bool:
    """Whether a sandbox is one of a run's: the first has the run's id, others a number after it."""
    number = sandbox_id.removeprefix(f"{run_id}-")
    return sandbox_id == run_id or (number != sandbox_id and number.isdecimal())


def processes_of(run_id: str) -> Iterator[psutil.Process]:
    """Yield the processes of a run's sandboxes, by the id in their environment."""
    return (each for each in psutil.process_iter() if of_run(_variable(each), run_id))


def _variable(process: psutil.Process) -> str:
    with suppress(psutil.Error, OSError):
        return str(process.environ().get(RUN_VARIABLE, ""))
    return ""


def _is_postgres_in(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.name() == "postgres" and Path(process.cwd()).is_relative_to(data)
    return False
