"""Many releases are tried, what is known is kept, and the disk stays bound."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from noetl_acceptance.conformance.releases.release_file import (
    Hindrance,
    ReleaseFile,
    read_release,
    write_release,
)
from noetl_acceptance.errors import SandboxError, UnusableBuildError, UsageError
from noetl_acceptance.orchestration import census, one_release
from noetl_acceptance.orchestration.census import left_to_try, require_disk, try_releases
from noetl_acceptance.orchestration.one_release import Prepared, try_release
from noetl_acceptance.places import WORK
from noetl_acceptance.sandbox.builds import environment_cache
from noetl_acceptance.support.console import Console
from tests.releases import HANGS, HOLDS, release


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (census, one_release):
        monkeypatch.setattr(module, "EVIDENCE", tmp_path / "runs")
        monkeypatch.setattr(module, "ENVIRONMENTS", tmp_path / "noetl")
    monkeypatch.setattr(census, "FOLDER", tmp_path / "conformance")


@pytest.fixture
def console() -> Console:
    quiet = Console()
    quiet._console.quiet = True
    return quiet


def test_what_is_known_is_not_tried_again_unless_it_is_unproven(tmp_path: Path) -> None:
    write_release(release("2.8.9", C24=HOLDS), tmp_path)
    write_release(release("2.9.0", hindrance="starved"), tmp_path)
    asked = ["2.8.9", "2.9.0", "2.10.0"]
    assert left_to_try(asked, again=False, folder=tmp_path) == ["2.9.0", "2.10.0"]
    assert left_to_try(asked, again=True, folder=tmp_path) == asked


def test_each_release_is_written_as_soon_as_it_was_tried(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    written: list[str] = []

    def tried(asked: str, _: Console, **_more: bool) -> ReleaseFile:
        if asked == "2.10.0":
            assert written == ["2.8.9", "2.9.0"]
            raise KeyboardInterrupt
        return release(asked, C24=HOLDS)

    monkeypatch.setattr(census, "try_release", tried)
    monkeypatch.setattr(census, "write_release", lambda found: written.append(found.release))
    with pytest.raises(KeyboardInterrupt):
        try_releases(["2.8.9", "2.9.0", "2.10.0"], 1, console)


def test_a_sandbox_that_breaks_costs_no_other_release(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    def tried(asked: str, _: Console, **_more: bool) -> ReleaseFile:
        if asked == "2.9.0":
            raise SandboxError("postgres exited 1")
        return release(asked, C24=HOLDS)

    monkeypatch.setattr(census, "try_release", tried)
    monkeypatch.setattr(census, "write_release", lambda _: None)
    found = try_releases(["2.8.9", "2.9.0", "2.10.0"], 1, console)
    assert [each.release for each in found] == ["2.8.9", "2.10.0"]


def test_releases_side_by_side_are_read_from_what_each_process_leaves(
    monkeypatch: pytest.MonkeyPatch, console: Console, tmp_path: Path
) -> None:
    codes = {"2.8.9": 0, "2.9.0": 3, "2.10.0": 130}
    at_once: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def start(asked: str, _tags: str) -> subprocess.Popen[bytes]:
        if codes[asked] != 130:
            hindrance: Hindrance = "starved" if codes[asked] else ""
            write_release(release(asked, C24=HOLDS, hindrance=hindrance), tmp_path / "conformance")
        running.append(
            subprocess.Popen([sys.executable, "-c", f"raise SystemExit({codes[asked]})"])
        )
        at_once.append(sum(each.poll() is None for each in running))
        return running[-1]

    monkeypatch.setattr(census, "_start", start)
    monkeypatch.setattr(census, "LOOK_SECONDS", 0.01)
    found = try_releases(list(codes), 2, console)
    assert {each.release for each in found} == {"2.8.9", "2.9.0"}
    assert max(at_once) <= 2


def test_what_no_release_is_to_blame_for_ends_the_others_as_well(
    monkeypatch: pytest.MonkeyPatch, console: Console, tmp_path: Path
) -> None:
    log = tmp_path / "runs" / "2.8.9.log"
    running: list[subprocess.Popen[bytes]] = []

    def start(*_: str) -> subprocess.Popen[bytes]:
        log.parent.mkdir(exist_ok=True)
        log.write_text("release 1 of 1\nerror: no index - check the network\nsee above\n")
        program = "import time; time.sleep(60)" if running else "raise SystemExit(2)"
        running.append(subprocess.Popen([sys.executable, "-c", program]))
        return running[-1]

    monkeypatch.setattr(census, "_start", start)
    monkeypatch.setattr(census, "LOOK_SECONDS", 0.01)
    with pytest.raises(UsageError, match=f"^no index - check the network - see {log}$"):
        try_releases(["2.8.9", "2.9.0", "2.10.0"], 2, console)
    assert len(running) == 2
    assert all(each.poll() is not None for each in running)


@pytest.mark.parametrize("lanes", [1, 2])
def test_where_nothing_can_be_kept_nothing_is_tried(
    lanes: int, monkeypatch: pytest.MonkeyPatch, console: Console, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(census, "FOLDER", tmp_path / "file" / "conformance")
    monkeypatch.setattr(census, "try_release", lambda *_, **_more: pytest.fail("tried"))
    monkeypatch.setattr(census, "_start", lambda *_: pytest.fail("started"))
    with pytest.raises(UsageError, match="cannot be written"):
        try_releases(["2.8.9", "2.9.0"], lanes, console)


ASKED = "import os, sys; print(*(each for each in os.environ if each.startswith('NOETL_ACC')), '.')"


def test_no_option_of_the_callers_environment_reaches_a_release(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOETL_ACCEPTANCE_WORKERS", "x")
    command = [sys.executable, "-c", ASKED]
    monkeypatch.setattr(census, "suite_command", lambda *_: command)
    census._start("2.8.9", "").wait()
    assert (tmp_path / "runs" / "2.8.9.log").read_text() == ".\n"
    monkeypatch.setattr(one_release, "run_command", lambda *_: command)
    folder = tmp_path / "2.8.9"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"2\.8\.9 was not tried: \."):
        one_release._carried_out("2.8.9", "@core", folder)


def test_the_evidence_of_before_stays_where_nothing_can_be_tried(
    monkeypatch: pytest.MonkeyPatch, console: Console, tmp_path: Path
) -> None:
    before = tmp_path / "runs" / "2.8.9" / "run.log"
    before.parent.mkdir(parents=True)
    before.touch()

    def unreachable(*_: object) -> Path:
        raise UsageError("the package index could not be reached")

    monkeypatch.setattr(one_release, "fetch_wheel", unreachable)
    with pytest.raises(UsageError, match="could not be reached"):
        try_release("2.8.9", console)
    assert before.exists()


def test_a_disk_that_would_hold_too_much_is_refused_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    require_disk()
    monkeypatch.setattr(census, "MOST_BYTES", census.ONE_RELEASE_BYTES + 10_000)
    require_disk()
    (tmp_path / "noetl").mkdir()
    (tmp_path / "noetl" / "wheel").write_bytes(b"x" * 100_000)
    with pytest.raises(UsageError, match=r"take 0\.0 GB already"):
        require_disk()


def test_a_file_of_several_environments_takes_the_disk_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "noetl").mkdir()
    (tmp_path / "noetl" / "wheel").write_bytes(b"x" * 100_000)
    monkeypatch.setattr(census, "MOST_BYTES", census.ONE_RELEASE_BYTES + 150_000)
    (tmp_path / "noetl" / "again").hardlink_to(tmp_path / "noetl" / "wheel")
    require_disk()
    (tmp_path / "noetl" / "other").write_bytes(b"x" * 100_000)
    assert not census.has_disk()


def test_a_release_that_cannot_be_installed_has_its_reason(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    @contextmanager
    def prepared(*_: object, **_keep: bool) -> Iterator[Prepared]:
        where = f"no module x\nin {WORK}/noetl of https://index.example/simple"
        raise UnusableBuildError("noetl==2.4.0 is installed, but has no server", "", where)
        yield

    monkeypatch.setattr(one_release, "_prepared", prepared)
    found = try_release("2.4.0", console)
    assert found.hindrance == "install"
    assert found.reason == (
        "noetl==2.4.0 is installed, but has no server; no module x; in WORK/noetl of ADDRESS"
    )
    assert not found.unproven


def test_an_index_that_cannot_be_reached_says_nothing_of_a_release(
    monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    def unreachable(*_: object) -> Path:
        raise UsageError("the package index could not be reached")

    monkeypatch.setattr(one_release, "fetch_wheel", unreachable)
    with pytest.raises(UsageError, match="could not be reached"):
        try_release("2.8.9", console)


def test_a_thing_that_was_removed_is_made_anew(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> dict[str, str]:
        folder.mkdir()
        made.append(folder)
        return {"python": str(folder)}

    environment_cache.kept(tmp_path, "2.8.9", [], make)
    assert environment_cache.is_kept(tmp_path, "2.8.9")
    environment_cache.remove(tmp_path, "2.8.9")
    assert not environment_cache.is_kept(tmp_path, "2.8.9")
    assert not made[0].exists()
    environment_cache.kept(tmp_path, "2.8.9", [], make)
    assert len(made) == 2


def test_some_scenarios_are_tried_again_and_the_rest_of_the_file_stays(
    monkeypatch: pytest.MonkeyPatch, console: Console, tmp_path: Path
) -> None:
    folder = tmp_path / "conformance"
    monkeypatch.setattr(census, "write_release", lambda found: write_release(found, folder))
    write_release(release("2.10.30", C24=HOLDS, P10=HANGS), folder)
    given: list[str] = []

    def tried(asked: str, _: Console, *, tags: str, **_more: object) -> ReleaseFile:
        given.append(tags)
        return release(asked, P10=HOLDS)

    monkeypatch.setattr(census, "try_release", tried)
    (found,) = try_releases(["2.10.30"], 1, console, "@fault")
    assert given == ["@core and (@fault)"]
    assert found.rows["C24"] == HOLDS
    assert read_release(folder / "2.10.30.json") == found


def test_what_is_not_known_as_a_whole_is_not_tried_in_part(console: Console) -> None:
    with pytest.raises(UsageError, match=r"nothing is known of 2\.10\.30 yet"):
        try_releases(["2.10.30"], 1, console, "@fault")
