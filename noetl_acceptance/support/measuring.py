"""Takes the looks that a pace is made of: of a sandbox's services, or of the machine alone."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from noetl_acceptance.errors import AcceptanceError
from noetl_acceptance.model.wording import counted
from noetl_acceptance.support import cgroups, procfs
from noetl_acceptance.support.procfs import PROC, UNINTERRUPTIBLE
from noetl_acceptance.support.starvation import (
    LOOK_SECONDS,
    Look,
    MeasuredPace,
    Service,
    busy_words,
)

Processes = Callable[[], Mapping[str, Iterable[int]]]
"""Gives the ids, on this machine, of each service's processes."""

SHARED_SECONDS = 0.9 * LOOK_SECONDS
"""For how long a look does for others as well: a look costs 9 ms, whoever takes it."""

BUSY_MEANS = (
    "if something fails for want of processors, the sandbox is blamed and not the product: "
    "see docs/verdicts.md"
)
"""What a busy machine means for a run."""


def services_pace(reader: Reader) -> MeasuredPace:
    """Return the pace of services; where their processes are out of sight, the machine's.

    It looks by itself as long as somebody holds it and the reader is open: who waits for a Postgres
    that waits for its disk looks at nothing.

    Args:
        reader: of these services; several paces may share one.
    """
    pace = MeasuredPace(reader.look, time.monotonic)
    threading.Thread(target=_keep_looking, args=(weakref.ref(pace), reader), daemon=True).start()
    return pace


def _keep_looking(held: weakref.ref[MeasuredPace], reader: Reader) -> None:
    while not reader.closed and (pace := held()) is not None:
        with suppress(OSError, AcceptanceError):  # the engine has gone: whoever asks it tells
            pace.look()
        del pace  # or nobody else could let go of it
        time.sleep(LOOK_SECONDS)


def machine_pace() -> MeasuredPace:
    """Return the pace of this machine, for waits without services in sight."""
    return MeasuredPace(Reader(dict).look, time.monotonic)


def busy_already() -> str:
    """Return in words that this machine is busy now; empty when it is not."""
    try:
        load = os.getloadavg()[0]
    except OSError:
        return ""
    told = None
    with suppress(OSError, ValueError, IndexError, KeyError):
        told = procfs.parse_pressure((PROC / "pressure" / "cpu").read_text())[0]
    return busy_words(load, len(procfs.allowed([0])) or os.cpu_count() or 1, told)


class Reader:
    """Reads what a look holds, for all that look at the same services.

    Args:
        processes: of the services.
        proc: where the kernel tells of processes.
        now: seconds since some fixed moment.
    """

    def __init__(
        self,
        processes: Processes,
        proc: Path = PROC,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._processes = processes
        self._proc = proc
        self._now = now
        self._mounts = cgroups.mounts(proc)
        self._last: Look | None = None
        self._reading = threading.Lock()
        self.closed = False

    def close(self) -> None:
        """Take no more looks: the services are about to go. What was seen last stays."""
        self.closed = True

    def look(self) -> Look | None:
        """Take a look, unless one is at hand that is younger than ``SHARED_SECONDS``.

        Returns:
            None where this machine tells nothing.
        """
        with self._reading:
            if self.closed:
                return self._last
            if self._last is None or self._now() - self._last.at >= SHARED_SECONDS:
                self._last = self._read()
            return self._last

    def _read(self) -> Look | None:
        try:
            stat = (self._proc / "stat").read_text()
        except OSError:
            return None
        at = self._now()
        pids = {name: list(each) for name, each in self._processes().items()}
        everybody = [pid for each in pids.values() for pid in each]
        folders = {pid: cgroups.folder_of(pid, self._mounts, self._proc) for pid in everybody}
        services = {name: self._service(each, folders) for name, each in pids.items() if each}
        cpus = procfs.allowed(everybody) or procfs.allowed([0]) or procfs.all_cpus(stat)
        busy, stolen, ready = procfs.parse_cpus(stat, cpus)
        suite = procfs.process("self", self._proc)
        throttled = self._throttled(each for each in folders.values() if each is not None)
        pressure = self._pressure()
        return Look(
            at=at,
            cpus=len(cpus),
            busy=busy,
            stolen=stolen,
            suite=suite.cpu if suite else 0.0,
            services=services,
            throttled=throttled,
            ready=max(0, ready - 1),
            pressure=pressure,
            source=self._source(services, throttled, pressure),
        )

    def _service(self, pids: Iterable[int], folders: Mapping[int, Path | None]) -> Service:
        threads: dict[int, tuple[float, float]] = {}
        bound: set[Path] = set()
        cpu, stuck = 0.0, False
        for pid in pids:
            process = procfs.process(pid, self._proc)
            cpu += process.cpu if process else 0.0
            stuck |= process is not None and process.state == UNINTERRUPTIBLE
            threads |= procfs.threads(pid, self._proc)
            folder = folders[pid]
            bound |= {folder} if folder is not None else set()
        pressure = None if threads else max(map(cgroups.pressure, bound), key=_told, default=None)
        names = {str(each) for folder in bound for each in self._with_parents(folder)}
        return Service(cpu, threads, pressure, frozenset(names), stuck)

    def _with_parents(self, folder: Path) -> Iterable[Path]:
        return cgroups.with_parents(folder, self._mounts)

    def _throttled(self, folders: Iterable[Path]) -> dict[str, float]:
        wanted = {each for folder in set(folders) for each in self._with_parents(folder)}
        found = {str(each): cgroups.throttled(each) for each in wanted}
        return {name: seconds for name, seconds in found.items() if seconds is not None}

    def _pressure(self) -> float | None:
        with suppress(OSError, ValueError, IndexError, KeyError):
            return procfs.parse_pressure((self._proc / "pressure" / "cpu").read_text())[1]
        return None

    def _source(
        self,
        services: Mapping[str, Service],
        throttled: Mapping[str, float],
        pressure: float | None,
    ) -> str:
        told = [each for each in services.values() if each.tells]
        if not told:
            return (
                "the machine's pressure and load" if pressure is not None else "the machine's load"
            )
        by = "waiting" if any(each.threads for each in told) else "pressure"
        words = [f"{by} of {counted(len(told), 'service')}"]
        if throttled:
            words.append(f"quotas (cgroup v{self._mounts[0].version})")
        return ", ".join([*words, "stolen time", "waits for disks"])


def _told(pressure: float | None) -> float:
    return -1.0 if pressure is None else pressure
