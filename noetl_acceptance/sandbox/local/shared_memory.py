"""The shared memory that a killed Postgres leaves: it outlives processes and folders (System V)."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CLUSTER = "postgres"
"""The folder of Postgres's data, below a sandbox's."""

SEGMENTS = Path("/proc/sysvipc/shm")
"""Where the kernel tells of all segments."""

_REMOVE = 0  # IPC_RMID
_LINE = 6  # of postmaster.pid, from 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of shared memory; its number alone may be another's later on."""

    key: int
    number: int

    def exists(self, segments: Path = SEGMENTS) -> bool:
        """Whether it has not been removed; false where the kernel tells of none.

        Args:
            segments: where it tells of them. It tells a key with its sign.
        """
        with suppress(OSError):
            lines = map(str.split, segments.read_text().splitlines()[1:])
            return (self.key, self.number) in {(int(key) % 2**32, int(n)) for key, n, *_ in lines}
        return False


def segment_of(cluster: Path) -> Segment | None:
    """Return the segment of the server that runs, or ran last, on a cluster.

    Args:
        cluster: its folder; a server that has ended in order has left no file there that tells.
    """
    with suppress(OSError, ValueError, IndexError):
        key, number = (cluster / "postmaster.pid").read_text().splitlines()[_LINE].split()
        return Segment(int(key), int(number))
    return None


def remove_segment(cluster: Path) -> None:
    """Remove what a killed server of a cluster has left, if anything."""
    segment = segment_of(cluster)
    if segment is not None and segment.exists():
        ctypes.CDLL(None).shmctl(segment.number, _REMOVE, None)
