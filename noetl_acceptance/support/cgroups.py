"""Control groups of processes: what their quotas have withheld, who is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from noetl_acceptance.support.procfs import PROC, parse_pressure


@dataclass(frozen=True, slots=True)
class Mount:
    """Where control groups are seen, and from which one of them on; ``version`` is 1 or 2."""

    version: int
    root: str
    place: Path
    controller: str = "cpu"


def parse_mounts(mountinfo: str, controller: str = "cpu") -> list[Mount]:
    """Return the mounts of /proc/PID/mountinfo that have a controller's control groups.

    On a machine with both versions the controllers are at the first, which comes first then.
    """
    found = []
    for line in mountinfo.splitlines():
        seen, _, source = line.partition(" - ")
        fields, kind = seen.split(), source.split()
        if kind[0] == "cgroup" and controller in kind[2].split(","):
            found.append(Mount(1, fields[3], Path(fields[4]), controller))
        elif kind[0] == "cgroup2":
            found.append(Mount(2, fields[3], Path(fields[4]), controller))
    return sorted(found, key=lambda mount: mount.version)


def parse_membership(text: str, version: int, controller: str = "cpu") -> str | None:
    """Return a process's control group of a controller, of /proc/PID/cgroup; None where in none."""
    for line in text.splitlines():
        number, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") if version == 1 else number == "0":
            return path
    return None


def parse_throttled(cpu_stat: str) -> float | None:
    """Return how many seconds a quota has withheld, of cpu.stat; None where it does not tell."""
    told = dict(line.split() for line in cpu_stat.splitlines())
    if "throttled_usec" in told:
        return int(told["throttled_usec"]) / 1e6
    return int(told["throttled_time"]) / 1e9 if "throttled_time" in told else None


def mounts(proc: Path = PROC, controller: str = "cpu") -> list[Mount]:
    """Return the mounts that this process sees; as ``parse_mounts``."""
    with suppress(OSError):
        return parse_mounts((proc / "self" / "mountinfo").read_text(), controller)
    return []


def folder_of(pid: int | str, seen: list[Mount], proc: Path = PROC) -> Path | None:
    """Return the folder of a process's control group; None where there is none in sight."""
    with suppress(OSError):
        text = (proc / str(pid) / "cgroup").read_text()
        for mount in seen[:1]:
            path = parse_membership(text, mount.version, mount.controller)
            if path is None or ".." in PurePosixPath(path).parts:
                return None
            below = path.removeprefix(mount.root) if mount.root != "/" else path
            folder = mount.place / below.lstrip("/")
            return folder if folder.is_dir() else None
    return None


def with_parents(folder: Path, seen: list[Mount]) -> Iterator[Path]:
    """Give a control group and those above it in sight: the quota of each binds it."""
    places = {mount.place for mount in seen}
    while True:
        yield folder
        if folder in places or folder == folder.parent:
            return
        folder = folder.parent


def throttled(folder: Path) -> float | None:
    """Return how many seconds a control group's quota has withheld; None where not told."""
    with suppress(OSError, ValueError):
        return parse_throttled((folder / "cpu.stat").read_text())
    return None


def pressure(folder: Path) -> float | None:
    """Return how many seconds some thread of a control group has waited; None where not told."""
    with suppress(OSError, ValueError, IndexError, KeyError):
        return parse_pressure((folder / "cpu.pressure").read_text())[1]
    return None


def members(folder: Path) -> list[int]:
    """Return the processes in a control group, also those of the groups below it."""
    found: list[int] = []
    with suppress(OSError):
        for file in folder.rglob("cgroup.procs"):
            with suppress(OSError):
                found += map(int, file.read_text().split())
    return found
