"""What of this machine a process may use, in control groups of either version."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from noetl_acceptance.support.machine_limits import free_memory, usable_processors

GIB = 1024**3


class Groups:
    """A machine of 64 processors with 512 GiB, and a process in a control group of it."""

    def __init__(self, folder: Path, version: int) -> None:
        self.proc = folder / "proc"
        self.version = version
        (self.proc / "self").mkdir(parents=True)
        places = {1: {"cpu": "cpu", "memory": "memory"}, 2: {"cpu": "all", "memory": "all"}}
        self.places = {each: folder / place for each, place in places[version].items()}
        mounts = [f"33 29 0:30 / {folder / 'other'} rw - tmpfs tmpfs rw"]
        for controller, place in self.places.items():
            kind = f"cgroup cgroup rw,{controller}" if version == 1 else "cgroup2 cgroup2 rw"
            mounts.append(f"33 29 0:30 / {place} rw - {kind}")
            (place / "docker" / "af01").mkdir(parents=True, exist_ok=True)
        (self.proc / "self" / "mountinfo").write_text("\n".join(mounts))
        member = (
            "4:cpu:/docker/af01\n5:memory:/docker/af01\n" if version == 1 else "0::/docker/af01"
        )
        (self.proc / "self" / "cgroup").write_text(member)

    def quota(self, group: str, processors: float | None) -> None:
        folder = self.places["cpu"] / group
        quota = "max" if processors is None else str(int(processors * 100_000))
        if self.version == 2:
            (folder / "cpu.max").write_text(f"{quota} 100000\n")
            return
        (folder / "cpu.cfs_quota_us").write_text(f"{'-1' if quota == 'max' else quota}\n")
        (folder / "cpu.cfs_period_us").write_text("100000\n")

    def memory(self, group: str, limit: float | None, used: float, cached: float) -> None:
        folder = self.places["memory"] / group
        names = ["memory.max", "memory.current", "inactive_file", "max"]
        if self.version == 1:
            none = str(2**63 - 4096)
            names = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file", none]
        most = names[3] if limit is None else str(int(limit * GIB))
        (folder / names[0]).write_text(f"{most}\n")
        (folder / names[1]).write_text(f"{int(used * GIB)}\n")
        (folder / "memory.stat").write_text(f"anon 5\n{names[2]} {int(cached * GIB)}\n")


@pytest.fixture(params=[1, 2])
def groups(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Groups:
    class Memory:
        available = 512 * GIB

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    return Groups(tmp_path, request.param)


@pytest.mark.parametrize(
    ("quotas", "processors"),
    [
        ({}, 64),
        ({"docker/af01": None}, 64),
        ({"docker/af01": 2}, 2),
        ({"docker/af01": 0.5}, 0.5),
        ({"docker/af01": None, "docker": 3}, 3),
        ({"docker/af01": 8, "docker": 3}, 3),
        ({"docker/af01": 99}, 64),
    ],
)
def test_quotas_bound_the_processors(
    quotas: dict[str, float | None], processors: float, groups: Groups
) -> None:
    for group, quota in quotas.items():
        groups.quota(group, quota)
    assert usable_processors(groups.proc) == processors


@pytest.mark.parametrize(
    ("limits", "free"),
    [
        ({}, 512),
        ({"docker/af01": (None, 9, 1)}, 512),
        ({"docker/af01": (4, 1, 0)}, 3),
        ({"docker/af01": (4, 3, 2)}, 3),
        ({"docker/af01": (4, 5, 0)}, 0),
        ({"docker/af01": (None, 9, 1), "docker": (16, 12, 2)}, 6),
    ],
)
def test_limits_bound_the_memory(
    limits: dict[str, tuple[float | None, float, float]], free: float, groups: Groups
) -> None:
    for group, (limit, used, cached) in limits.items():
        groups.memory(group, limit, used, cached)
    assert free_memory(groups.proc) == free * GIB


def test_without_control_groups_the_machine_is_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
    assert usable_processors(tmp_path) == 2
    assert free_memory(tmp_path) > 0
