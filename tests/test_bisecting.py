"""What is told of the two releases between which a claim breaks."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from noetl_acceptance.conformance.releases.bisection import Bisection, Probe, Tried
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.errors import UsageError
from noetl_acceptance.orchestration import bisecting
from noetl_acceptance.orchestration.bisecting import bisect, lines_of, probe_of, tags_of
from noetl_acceptance.sandbox.builds.noetl_build import NoetlBuild
from noetl_acceptance.sandbox.builds.wheel_difference import ChangedFile, changed_files
from noetl_acceptance.support.console import Console
from tests.releases import HANGS, HOLDS, LOST, execution, outcome, release

RELEASES = [f"2.10.{number}" for number in range(20)]


def wheel(file: Path, content: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(file, "w") as packed:
        for name, text in content.items():
            packed.writestr(name, text)
    return file


def test_files_that_differ_are_told_but_for_the_releases_own(tmp_path: Path) -> None:
    old = {
        "noetl/a.py": "1",
        "noetl/b.py": "2",
        "noetl/gone.py": "3",
        "noetl-1.dist-info/RECORD": "",
    }
    new = {
        "noetl/a.py": "1",
        "noetl/b.py": "9",
        "noetl/new.py": "3",
        "noetl-2.dist-info/RECORD": "",
    }
    assert changed_files(wheel(tmp_path / "a.whl", old), wheel(tmp_path / "b.whl", new)) == [
        ChangedFile("changed", "noetl/b.py"),
        ChangedFile("removed", "noetl/gone.py"),
        ChangedFile("added", "noetl/new.py"),
    ]


@pytest.mark.parametrize(
    ("found", "verdict", "words"),
    [
        (release("1", C24=HOLDS), "good", "holds"),
        (
            release("1", execution(9, lost="whole batches are lost"), C24=LOST),
            "bad",
            "whole batches",
        ),
        (release("1", C24=outcome("deviates", "secret-leaked")), "bad", "a password is logged"),
        (release("1", C24=HANGS), "bad", "hangs"),
        (release("1", C24=outcome("not judged")), "none", "not judged"),
        (release("1", hindrance="install"), "none", "does not run"),
        (release("1", hindrance="starved"), "none", "not judged"),
    ],
)
def test_a_release_is_good_bad_or_of_no_use(found: ReleaseFile, verdict: str, words: str) -> None:
    probe = probe_of(found, "C24")
    assert probe.verdict == verdict
    assert probe.words.startswith(words)


def test_a_claim_is_shown_by_the_core_set_where_that_has_it() -> None:
    assert tags_of("C24") == "@core and @C24"
    assert tags_of("C42") == "@C42 and not @scale"
    assert tags_of("pattern") == "@core and @C24"
    assert tags_of("killed-worker") == "@core and @P10"
    assert tags_of("logs") == "@core"
    assert tags_of("pattern-C24") == "@core and @C24"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("C99", "no claim C99 - "),
        ("", "no claim '' - "),
        ("pattern-", "no claim pattern- - "),
        ("pattern-C99", "no claim pattern-C99 - "),
        ("pattern-logs", "no claim pattern-logs - "),
        ("pattern-C19", "pattern is not tried with C19 - give pattern-ROW with one of C01"),
        ("pattern-P10", "pattern is not tried with P10 - give"),
    ],
)
def test_what_can_never_be_judged_is_refused(row: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        tags_of(row)


def test_both_sides_the_files_and_the_bundle_are_told() -> None:
    good = Tried("2.10.0", [Probe("good", "holds")] * 3)
    bad = Tried(
        "2.10.17", [Probe("bad", "rows are missing", "row-missing: 9"), Probe("good", "holds")]
    )
    found = Bisection(good, bad, ("2.10.5",), (good, bad))
    lines = lines_of("C24", found, [ChangedFile("changed", "noetl/b.py")], [Path("x/b.zip")])
    assert lines[2:] == [
        "last good: 2.10.0: holds (broken in 0 of 3)",
        "first bad: 2.10.17: rows are missing (by chance, broken in 1 of 2)",
        "  row-missing: 9",
        "between them, not judged: 2.10.5",
        "their wheels differ in 1 file:",
        "  changed  noetl/b.py",
        "bundle for the tracker: x/b.zip",
        "tried: 2 releases, 5 times in all",
    ]


def test_what_is_mended_is_told_in_the_order_of_the_releases() -> None:
    good, bad = Tried("2.8.9", [Probe("good", "holds")]), Tried("2.8.7", [Probe("bad", "hangs")])
    found = Bisection(good, bad, (), (good, bad), mended=True)
    lines = lines_of("killed-worker", found, [], [])
    assert lines[1].startswith("killed-worker: An execution ends although a worker was killed")
    assert lines[2:4] == [
        "last bad: 2.8.7: hangs (broken in 1 of 1)",
        "first good: 2.8.9: holds (broken in 0 of 1)",
    ]


def test_the_environments_that_it_made_are_removed_and_those_of_before_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    there = {"2.10.0"}
    kept = {NoetlBuild.of(each).key for each in there}
    starved = ["2.10.7"]

    def tried(asked: str, *_: object, **_options: object) -> ReleaseFile:
        kept.add(NoetlBuild.of(asked).key)
        if asked in starved:
            starved.remove(asked)
            return release(asked, hindrance="starved")
        return release(asked, C24=HOLDS if RELEASES.index(asked) < 7 else LOST)

    def fetched(asked: str, folder: Path) -> Path:
        return wheel(folder / "noetl.whl", {"noetl/a.py": asked})

    monkeypatch.setattr(bisecting, "try_release", tried)
    monkeypatch.setattr(bisecting, "fetch_wheel", fetched)
    monkeypatch.setattr(bisecting, "is_kept", lambda _, key: key in kept)
    monkeypatch.setattr(bisecting, "remove", lambda _, key: kept.discard(key))
    console = Console()
    console._console.quiet = True
    lines = bisect("C24", RELEASES, "2.10.0", "2.10.19", tmp_path, console)
    assert "last good: 2.10.6: holds (broken in 0 of 3)" in lines
    assert "first bad: 2.10.7: rows are missing (broken in 3 of 3)" in lines
    assert kept == {NoetlBuild.of(each).key for each in there}
