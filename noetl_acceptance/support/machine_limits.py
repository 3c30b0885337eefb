"""How much of this machine a process may use: its control groups may have less than all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from noetl_acceptance.support import cgroups, procfs
from noetl_acceptance.support.procfs import PROC

_MEMORY = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""The files with a control group's limit of memory and with what it uses, and the field of its
memory.stat for what of that the kernel can take back: of version 2 and of version 1."""


def usable_processors(proc: Path = PROC) -> float:
    """Return how many processors this process may keep busy; a quota may be a part of one.

    Args:
        proc: where the kernel tells of processes.
    """
    allowed = len(procfs.allowed([0])) or os.cpu_count() or 1
    quotas = (each for folder in _groups("cpu", proc) for each in _quotas(folder))
    return min(allowed, *quotas, allowed)


def free_memory(proc: Path = PROC) -> int:
    """Return how many bytes of memory this process and those that it starts may still take.

    Args:
        proc: as for ``usable_processors``.
    """
    available = psutil.virtual_memory().available
    rooms = (each for folder in _groups("memory", proc) for each in _rooms(folder))
    return max(0, min(available, *rooms, available))


def _groups(controller: str, proc: Path) -> Iterator[Path]:
    """Give the control groups of this process in sight: the limits of each bind it."""
    seen = cgroups.mounts(proc, controller)
    folder = cgroups.folder_of("self", seen, proc)
    if folder is not None:
        yield from cgroups.with_parents(folder, seen)


def _quotas(folder: Path) -> Iterator[float]:
    with suppress(OSError, ValueError):  # "max" is none
        quota, period = (folder / "cpu.max").read_text().split()
        yield int(quota) / int(period)
    with suppress(OSError, ValueError):
        quota, period = (
            (folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")
        )
        if int(quota) > 0:  # -1 is none
            yield int(quota) / int(period)


def _rooms(folder: Path) -> Iterator[int]:
    for limit, used, given_back in _MEMORY:
        with suppress(OSError, ValueError, KeyError):  # "max" is none
            most = int((folder / limit).read_text())
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield most - int((folder / used).read_text()) + int(stat[given_back])
