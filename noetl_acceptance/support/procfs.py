"""What the kernel tells of processes and processors below /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")

TICKS = os.sysconf("SC_CLK_TCK")
"""In a second: the unit of /proc/stat and /proc/PID/stat."""

UNINTERRUPTIBLE = "D"
"""The state of a process that waits for a disk, as a rule (proc_pid_stat(5))."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process's state (a letter), parent, session, and its CPU seconds with ended children's."""

    state: str
    parent: int
    session: int
    cpu: float


def parse_process(text: str) -> Process:
    """Return what /proc/PID/stat says; a program's name may hold anything."""
    fields = text[text.rindex(")") + 2 :].split()
    return Process(fields[0], int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])) / TICKS)


def parse_schedstat(text: str) -> tuple[float, float]:
    """Return how long a thread ran, and how long it was ready to and did not, in seconds."""
    ran, waited, *_ = text.split()
    return int(ran) / 1e9, int(waited) / 1e9


def parse_cpus(text: str, cpus: Iterable[int]) -> tuple[float, float, int]:
    """Return of /proc/stat what these processors were busy, were stolen (seconds), and ``ready``.

    The last is how many threads of the machine run or are ready to.
    """
    wanted = {f"cpu{number}" for number in cpus}
    busy = stolen = ready = 0
    for line in text.splitlines():
        name, *values = line.split()
        if name in wanted:
            user, nice, system, _, _, irq, softirq, *more = map(int, values)
            busy += user + nice + system + irq + softirq
            stolen += more[0] if more else 0
        elif name == "procs_running":
            ready = int(values[0])
    return busy / TICKS, stolen / TICKS, ready


def parse_pressure(text: str) -> tuple[float, float]:
    """Return for how much of the last 10 s some thread waited (per cent), and since when (s)."""
    some = dict(part.split("=") for part in text.splitlines()[0].split()[1:])
    return float(some["avg10"]), int(some["total"]) / 1e6


def _read(file: str) -> str:
    """Return a file's text; hundreds of them are read each second, and pathlib doubles the cost."""
    with open(file, errors="replace") as opened:  # noqa: PTH123
        return opened.read()


def process(pid: int | str, proc: Path = PROC) -> Process | None:
    """Return what is told of a process, or of ``self``; None when it has gone."""
    with suppress(OSError, ValueError):
        return parse_process(_read(f"{proc}/{pid}/stat"))
    return None


def threads(pid: int, proc: Path = PROC) -> dict[int, tuple[float, float]]:
    """Return how long each thread of a process ran and waited; empty where that is not told.

    A kernel that does not count says 0 of everything.
    """
    found = {}
    tasks = f"{proc}/{pid}/task"
    with suppress(OSError):
        for task in os.listdir(tasks):  # noqa: PTH208
            with suppress(OSError, ValueError):
                found[int(task)] = parse_schedstat(_read(f"{tasks}/{task}/schedstat"))
    return {thread: told for thread, told in found.items() if any(told)}


def frozen(pids: Iterable[int]) -> bool:
    """Whether somebody has stopped one of these processes (SIGSTOP)."""
    return any(each is not None and each.state == "T" for each in map(process, pids))


class Families:
    """Finds the processes of services, and reads only what the kernel tells of new ones.

    A process stays in its family when its parent ends. To read of all of a machine each second
    would be most of what a look costs.

    Args:
        proc: where the kernel tells of processes.
    """

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._known: tuple[Mapping[str, int], Mapping[int, str | None]] = ({}, {})

    def of(self, roots: Mapping[str, int]) -> dict[str, list[int]]:
        """Return the processes of each family: its root, and what descends from it or its session.

        Args:
            roots: a process's id for each name, the leader of its session.
        """
        last_roots, last_owners = self._known
        known = last_owners if roots == last_roots else {}  # a new root may have children already
        owners: dict[int, str | None] = {}
        new = {}
        for pid in (int(name) for name in os.listdir(self._proc) if name.isdecimal()):  # noqa: PTH208
            if pid in known:
                owners[pid] = known[pid]
            elif (found := process(pid, self._proc)) is not None:
                new[pid] = found
        heads = {root: name for name, root in roots.items() if root in new or root in owners}
        for pid, each in new.items():
            above = pid
            while above not in heads and above in new and above > 1:
                above = new[above].parent
            owners[pid] = heads.get(above) or known.get(above) or heads.get(each.session)
        self._known = dict(roots), owners
        families: dict[str, list[int]] = {name: [] for name in heads.values()}
        for pid, owner in owners.items():
            if owner in families:
                families[owner].append(pid)
        return families


def all_cpus(stat: str) -> set[int]:
    """Return the processors that /proc/stat tells of."""
    names = (line.split()[0] for line in stat.splitlines() if line.startswith("cpu"))
    return {int(name[3:]) for name in names if name != "cpu"}


def allowed(pids: Iterable[int]) -> set[int]:
    """Return the processors on which these processes may run; empty where that is not told."""
    found: set[int] = set()
    for pid in pids:
        with suppress(OSError, AttributeError):  # macOS has no such call
            found |= os.sched_getaffinity(pid)
    return found
