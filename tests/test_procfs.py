"""What the kernel's files say of processes, processors and control groups: recorded texts."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from noetl_acceptance.support import cgroups, measuring, procfs
from noetl_acceptance.support.cgroups import Mount
from noetl_acceptance.support.measuring import Reader, services_pace
from noetl_acceptance.support.polling import eventually
from noetl_acceptance.support.procfs import TICKS, Families
from noetl_acceptance.support.starvation import LOOK_SECONDS

STAT = """\
cpu  8569 0 4052 62664 414 0 89 67 0 0
cpu0 3907 0 1806 32170 22 0 17 35 0 0
cpu1 4662 0 2245 30494 392 0 72 32 0 0
intr 1012803 0 0 30
ctxt 2032873
procs_running 3
procs_blocked 0
"""

PRESSURE = """\
some avg10=31.06 avg60=31.91 avg300=9.76 total=35174691
full avg10=0.00 avg60=0.00 avg300=0.00 total=0
"""

VERSION_1 = """\
29 23 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
30 29 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
33 29 0:30 / /sys/fs/cgroup/cpu rw,nosuid shared:16 - cgroup cgroup rw,cpu
34 29 0:31 / /sys/fs/cgroup/cpuset rw,nosuid - cgroup cgroup rw,cpuset
"""

VERSION_2 = "30 29 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

CPU_STAT_1 = "nr_periods 52\nnr_throttled 50\nthrottled_time 2739298571\nnr_bursts 0\n"

CPU_STAT_2 = """\
usage_usec 612842
user_usec 581120
system_usec 31722
nr_periods 52
nr_throttled 50
throttled_usec 2739298
"""


def test_a_processs_times_and_parent_are_told_whatever_its_name() -> None:
    text = "4711 (a) b (c d) S 17 4700 4690 0 -1 4194560 9 8 7 6 250 150 50 25 20 0 3 0 77 9 8"
    seen = procfs.parse_process(text)
    assert (seen.parent, seen.session, seen.cpu) == (17, 4690, 475 / TICKS)


def test_a_thread_ran_and_waited() -> None:
    assert procfs.parse_schedstat("156243000 49299000 2\n") == (0.156243, 0.049299)


@pytest.mark.parametrize(
    ("cpus", "busy", "stolen"), [({0, 1}, 12709, 67), ({1}, 6979, 32), (set(), 0, 0)]
)
def test_processors_were_busy_and_stolen(cpus: set[int], busy: int, stolen: int) -> None:
    assert procfs.parse_cpus(STAT, cpus) == (busy / TICKS, stolen / TICKS, 3)
    assert procfs.all_cpus(STAT) == {0, 1}


def test_an_old_kernel_tells_of_no_stolen_time() -> None:
    assert procfs.parse_cpus("cpu0 1 0 1 5 0 0 0\n", {0}) == (2 / TICKS, 0, 0)


def test_somebody_waited() -> None:
    assert procfs.parse_pressure(PRESSURE) == (31.06, 35.174691)


def test_the_controller_of_processors_is_at_version_1_where_both_are() -> None:
    assert cgroups.parse_mounts(VERSION_1) == [
        Mount(1, "/", Path("/sys/fs/cgroup/cpu")),
        Mount(2, "/", Path("/sys/fs/cgroup/unified")),
    ]
    assert cgroups.parse_mounts(VERSION_2) == [Mount(2, "/", Path("/sys/fs/cgroup"))]


@pytest.mark.parametrize(
    ("text", "version", "path"),
    [
        ("9:name=systemd:/\n4:cpu,cpuacct:/docker/af01\n0::/\n", 1, "/docker/af01"),
        ("0::/system.slice/docker-af01.scope\n", 2, "/system.slice/docker-af01.scope"),
        ("9:cpuset:/a\n", 1, None),
        ("", 2, None),
    ],
)
def test_a_process_is_in_a_control_group(text: str, version: int, path: str | None) -> None:
    assert cgroups.parse_membership(text, version) == path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(CPU_STAT_1, 2.739298571), (CPU_STAT_2, 2.739298), ("usage_usec 5\n", None)],
)
def test_a_quota_has_withheld(text: str, seconds: float | None) -> None:
    assert cgroups.parse_throttled(text) == seconds


class Kernel:
    """A /proc and control groups as files of a test."""

    def __init__(self, folder: Path, version: int) -> None:
        self.proc = folder / "proc"
        self.groups = folder / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        (self.proc / "pressure").mkdir()
        (self.proc / "stat").write_text(STAT)
        (self.proc / "pressure" / "cpu").write_text(PRESSURE)
        (self.proc / "self" / "stat").write_text(self.stat(1, 1, 10))
        kind = "cgroup cgroup rw,cpu" if version == 1 else "cgroup2 cgroup2 rw"
        self.member = "4:cpu:" if version == 1 else "0::"
        mount = f"33 29 0:30 / {self.groups} rw - {kind}\n"
        (self.proc / "self" / "mountinfo").write_text(mount)

    @staticmethod
    def stat(parent: int, session: int, user: int, state: str = "S") -> str:
        return f"1 (x) {state} {parent} 1 {session} 0 -1 0 0 0 0 0 {user} 0 0 0 20 0 1 0 77 9 8"

    def process(self, pid: int, parent: int, *, session: int = 1, group: str = "/") -> None:
        folder = self.proc / str(pid)
        (folder / "task" / str(pid)).mkdir(parents=True)
        (folder / "stat").write_text(self.stat(parent, session, 100))
        (folder / "cgroup").write_text(f"{self.member}{group}\n")
        (folder / "task" / str(pid) / "schedstat").write_text("1000000000 3000000000 9\n")
        home = self.groups / group.lstrip("/")
        home.mkdir(parents=True, exist_ok=True)
        with (home / "cgroup.procs").open("a") as file:
            file.write(f"{pid}\n")

    def quota(self, group: str, text: str) -> None:
        (self.groups / group / "cpu.stat").write_text(text)


@pytest.mark.parametrize(("version", "cpu_stat"), [(1, CPU_STAT_1), (2, CPU_STAT_2)])
def test_a_look_at_services_in_control_groups(version: int, cpu_stat: str, tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, version)
    kernel.process(50, 1, group="/docker/af01")
    kernel.process(51, 50, group="/docker/af01")
    kernel.quota("docker/af01", cpu_stat)
    seen = Reader(lambda: {"server": [50, 51]}, kernel.proc).look()
    assert seen is not None
    server = seen.services["server"]
    assert server.threads == {50: (1.0, 3.0), 51: (1.0, 3.0)}
    assert server.cpu == 200 / TICKS
    assert seen.suite == 10 / TICKS
    assert seen.throttled == {str(kernel.groups / "docker/af01"): pytest.approx(2.7393, abs=1e-4)}
    assert server.cgroups == {str(kernel.groups / each) for each in ("", "docker", "docker/af01")}
    assert (
        seen.source
        == f"waiting of 1 service, quotas (cgroup v{version}), stolen time, waits for disks"
    )


@pytest.mark.parametrize(("state", "stuck"), [("D", True), ("S", False), ("R", False)])
def test_a_process_that_waits_for_a_disk_is_seen(state: str, stuck: bool, tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, 2)
    kernel.process(50, 1)
    kernel.process(51, 50)
    (kernel.proc / "51" / "stat").write_text(kernel.stat(50, 1, 100, state))
    seen = Reader(lambda: {"postgres": [50, 51], "server": [50]}, kernel.proc).look()
    assert seen is not None
    assert seen.services["postgres"].stuck is stuck
    assert not seen.services["server"].stuck


@pytest.mark.parametrize("told", [None, "0 0 0\n"])
def test_a_look_where_threads_tell_nothing_takes_the_pressure_of_the_group(
    told: str | None, tmp_path: Path
) -> None:
    kernel = Kernel(tmp_path, 2)
    kernel.process(50, 1, group="/docker/af01")
    schedstat = kernel.proc / "50" / "task" / "50" / "schedstat"
    schedstat.unlink() if told is None else schedstat.write_text(told)
    (kernel.groups / "docker/af01/cpu.pressure").write_text(PRESSURE)
    seen = Reader(lambda: {"server": [50]}, kernel.proc).look()
    assert seen is not None
    assert seen.services["server"].pressure == 35.174691
    assert seen.source == "pressure of 1 service, stolen time, waits for disks"


def test_a_look_without_services_in_sight_takes_the_machine(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, 1)
    seen = Reader(dict, kernel.proc).look()
    assert seen is not None
    assert (seen.ready, seen.pressure) == (2, 35.174691)
    assert seen.source == "the machine's pressure and load"
    (kernel.proc / "pressure" / "cpu").unlink()
    seen = Reader(dict, kernel.proc).look()
    assert seen is not None
    assert seen.source == "the machine's load"


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    assert Reader(dict, tmp_path).look() is None


def test_who_looks_soon_after_another_shares_its_look(tmp_path: Path) -> None:
    now = 100.0
    asked: list[float] = []
    kernel = Kernel(tmp_path, 2)

    def nobody() -> dict[str, list[int]]:
        asked.append(now)
        return {}

    reader = Reader(nobody, kernel.proc, lambda: now)
    first = reader.look()
    now += 0.8 * LOOK_SECONDS
    assert reader.look() is first
    now += 0.2 * LOOK_SECONDS
    again = reader.look()
    assert first is not None
    assert again is not None
    assert (first.at, again.at) == (100.0, 101.0)
    assert asked == [100.0, 101.0]


def test_nobody_looks_once_the_services_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "LOOK_SECONDS", 0.001)
    asked: list[float] = []

    def nobody() -> dict[str, list[int]]:
        asked.append(0.0)
        return {}

    looking = set(threading.enumerate())
    reader = Reader(nobody, Kernel(tmp_path, 2).proc)
    pace = services_pace(reader)
    first = reader.look()
    reader.close()
    eventually(
        lambda: set(threading.enumerate()) - looking, lambda left: not left, seconds=30, what="end"
    )
    assert reader.look() is first
    assert asked == [0.0]
    assert pace.value == 1.0


def test_a_family_is_what_descends_from_its_root_or_its_session(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, 1)
    kernel.process(1, 0)
    kernel.process(50, 1, session=50)
    kernel.process(51, 50, session=50)
    kernel.process(52, 51, session=52)  # as Postgres's backends
    kernel.process(53, 1, session=50)  # its parent has gone
    kernel.process(60, 1, session=60)
    found = Families(kernel.proc).of({"postgres": 50, "nats": 60, "gone": 99})
    assert {name: sorted(pids) for name, pids in found.items()} == {
        "postgres": [50, 51, 52, 53],
        "nats": [60],
    }


def test_a_process_is_read_once_and_stays_in_its_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(tmp_path, 1)
    kernel.process(50, 1, session=50)
    kernel.process(51, 50, session=51)
    kernel.process(70, 1, session=70)
    families, roots = Families(kernel.proc), {"worker-1": 50}
    assert sorted(families.of(roots)["worker-1"]) == [50, 51]
    read: list[int | str] = []
    real = procfs.process

    def noted(pid: int | str, proc: Path) -> procfs.Process | None:
        read.append(pid)
        return real(pid, proc)

    monkeypatch.setattr(procfs, "process", noted)
    kernel.process(52, 51, session=52)
    kernel.process(71, 70, session=70)
    assert sorted(families.of(roots)["worker-1"]) == [50, 51, 52]
    assert sorted(map(int, read)) == [52, 71]


def test_all_processes_are_read_again_when_a_service_has_another_root(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, 1)
    kernel.process(50, 1, session=50)
    kernel.process(60, 1, session=60)
    kernel.process(61, 60, session=61)
    families = Families(kernel.proc)
    assert families.of({"server": 50}) == {"server": [50]}
    assert sorted(families.of({"server": 60})["server"]) == [60, 61]


def test_a_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, 1)
    kernel.process(50, 1, session=50)
    kernel.process(51, 50, session=50)
    families, roots = Families(kernel.proc), {"server": 50}
    families.of(roots)
    shutil.rmtree(kernel.proc / "51")
    assert families.of(roots) == {"server": [50]}
    kernel.process(51, 1, session=51)
    assert families.of(roots) == {"server": [50]}


def test_a_process_that_has_gone_is_passed_over(tmp_path: Path) -> None:
    seen = Reader(lambda: {"server": [77]}, Kernel(tmp_path, 1).proc).look()
    assert seen is not None
    assert seen.services["server"].threads == {}


@pytest.mark.parametrize(
    ("root", "path", "below"),
    [("/", "/docker/af01", "docker/af01"), ("/docker/af01", "/docker/af01/x", "x")],
)
def test_the_folder_of_a_control_group(root: str, path: str, below: str, tmp_path: Path) -> None:
    (tmp_path / "proc" / "5").mkdir(parents=True)
    (tmp_path / "proc" / "5" / "cgroup").write_text(f"0::{path}\n")
    (tmp_path / below).mkdir(parents=True)
    seen = [Mount(2, root, tmp_path)]
    assert cgroups.folder_of(5, seen, tmp_path / "proc") == tmp_path / below


@pytest.mark.parametrize("path", ["/../../docker/af01", "/elsewhere"])
def test_a_control_group_out_of_sight(path: str, tmp_path: Path) -> None:
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "cgroup").write_text(f"0::{path}\n")
    assert cgroups.folder_of(5, [Mount(2, "/", tmp_path)], tmp_path) is None
