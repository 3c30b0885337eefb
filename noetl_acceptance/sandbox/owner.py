"""Who has brought a sandbox up, and whether that process still runs as far as it can be told here.

Nothing here goes by the clock of the day: a step of it moves what is told of a process's start.
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

import psutil
from pydantic import BaseModel, ConfigDict

Life = Literal["alive", "dead", "unknown"]

OUT_OF_SIGHT = "whose owner is on another machine or in another container, and may still run"
"""Why something is left alone whose owner's life is unknown."""

_START = 19
"""The field of /proc/PID/stat, counted from the state, that has the start in ticks since boot."""


class Owner(BaseModel):
    """One process, told apart from every other one on any machine.

    ``start`` is when it started: ticks since the boot on Linux, elsewhere milliseconds. ``boot``
    names the run of the kernel, ``namespace`` the process ids among which ``pid`` is one (both
    empty where the system has no name for them), ``machine`` the machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    start: int
    boot: str
    namespace: str
    machine: str

    @classmethod
    def here(cls) -> Owner:
        """Return this process."""
        pid = os.getpid()
        machine = f"{platform.node()} {_read('/etc/machine-id')}"
        return cls(
            pid=pid, start=_start(pid) or 0, boot=_boot(), namespace=_namespace(), machine=machine
        )

    def life(self, *, locked: bool | None = None) -> Life:
        """Return whether it still runs.

        Args:
            locked: whether the lock is held that it holds as long as it runs, on a file that this
                process sees as well; None where there is no such file. A lock tells also of
                another PID namespace, but not of another kernel.
        """
        here = Owner.here()
        same_kernel = self.boot == here.boot
        if locked:
            return "alive"
        if same_kernel and self.namespace == here.namespace:
            return "alive" if _start(self.pid) == self.start else "dead"
        if same_kernel:
            return "unknown" if locked is None else "dead"
        return "dead" if self.machine == here.machine else "unknown"  # it was booted since


def label_of(owner: Owner, work: Path) -> str:
    """Return a label for what an engine keeps, without characters to quote.

    Args:
        owner: of it.
        work: the folder whose ledgers know it: only who has the same one sweeps it.
    """
    return quote(owner.model_dump_json(), safe="") + "@" + quote(str(work), safe="/")


def read_label(label: str) -> tuple[Owner, str]:
    """Return the owner and the folder that a label names.

    Raises:
        ValueError: it is no such label.
    """
    owner, at, work = label.partition("@")
    if not at:
        raise ValueError(label)
    return Owner.model_validate_json(unquote(owner)), unquote(work)


def _start(pid: int) -> int | None:
    """Return when a process that runs has started; None when it has ended."""
    try:
        if sys.platform != "linux":
            process = psutil.Process(pid)
            ended = process.status() == psutil.STATUS_ZOMBIE
            return None if ended else round(process.create_time() * 1000)
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except (OSError, psutil.Error):
        return None
    fields = told[told.rindex(b")") + 2 :].split()  # a program's name may hold anything
    return None if fields[0] in (b"Z", b"X") else int(fields[_START])


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _namespace() -> str:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - no path: pid:[4026531836]
    return ""


def _read(file: str) -> str:
    with suppress(OSError):
        return Path(file).read_text().strip()
    return ""
