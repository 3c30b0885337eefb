"""The commands about many releases, from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from noetl_acceptance.cli.main import main
from noetl_acceptance.conformance.releases import release_file
from noetl_acceptance.conformance.releases.release_file import ReleaseFile, ScenarioOutcome
from noetl_acceptance.orchestration import bisecting, census, rechecking
from noetl_acceptance.sandbox.builds import package_index
from tests.releases import HOLDS, release

INDEX = ["2.8.0", "2.8.9", "2.9.0", "4.26.0"]


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "released", lambda: INDEX)
    monkeypatch.setattr(
        census, "left_to_try", lambda asked, **_: [each for each in asked if each != "2.8.9"]
    )


def found(monkeypatch: pytest.MonkeyPatch, *files: ReleaseFile) -> None:
    monkeypatch.setattr(census, "try_releases", lambda *_: list(files))


def test_what_is_left_to_try_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--releases", "2.8.0..2.9.0", "--list"]) == 0
    assert capsys.readouterr() == ("2.8.0\n2.9.0\n", "1 of 3 has been tried before\n")
    assert main(["conformance", "--releases", "2.8.9", "--list"]) == 0
    assert capsys.readouterr() == ("", "1 of 1 has been tried before\n")


@pytest.mark.parametrize("more", [["--again"], ["--list"], ["--lanes", "3"]])
@pytest.mark.parametrize("instead", [["--check"], ["--update-deviations"], ["--recheck", "5"]])
def test_what_goes_with_releases_alone_is_refused_elsewhere(
    more: list[str],
    instead: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(rechecking, "recheck", lambda *_: pytest.fail("tried again"))
    assert main(["conformance", *instead, *more]) == 2
    assert "--again, --list, --tags and --lanes go with --releases" in capsys.readouterr().err


def test_the_exit_code_tells_whether_all_were_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = ["conformance", "--releases", "2.8.0,2.9.0", "--lanes", "1"]
    found(monkeypatch, release("2.8.0", C24=HOLDS), release("2.9.0", hindrance="install"))
    assert main(ask) == 0
    found(monkeypatch, release("2.8.0", C24=HOLDS), release("2.9.0", hindrance="starved"))
    assert main(ask) == 3
    found(monkeypatch, release("2.8.0", C24=HOLDS))
    assert main(ask) == 3


@pytest.mark.parametrize(
    "more", [[], ["--releases", "all", "--recheck", "5"], ["--check", "--update-deviations"]]
)
def test_one_thing_to_do_is_needed(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", *more]) == 2
    assert "exactly one of --releases, --recheck, --check and" in capsys.readouterr().err


def test_by_default_the_ends_are_the_suites_own_release_and_the_newest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(row: str, releases: Sequence[str], good: str, bad: str, *_: object) -> list[str]:
        return [f"{row} of {len(releases)}: {good}, {bad}"]

    monkeypatch.setattr(bisecting, "bisect", find)
    monkeypatch.setattr("noetl_acceptance.places.BASE", tmp_path)
    assert main(["bisect", "--row", "c24"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "C24 of 4: 2.8.9, 4.26.0"
    assert told[1].startswith(f"evidence: {tmp_path}/runs/")


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        (["--good", "v2.8.0", "--bad", "2.9"], "2.8.0, 2.9.0"),
        (["--good", "4.26.0", "--bad", "2.8.9"], "4.26.0, 2.8.9"),
    ],
)
def test_an_end_is_taken_as_the_index_spells_it(
    asked: list[str],
    ends: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bisecting, "bisect", lambda *told: [f"{told[2]}, {told[3]}"])
    monkeypatch.setattr("noetl_acceptance.places.BASE", tmp_path)
    assert main(["bisect", "--row", "c24", *asked]) == 0
    assert capsys.readouterr().out.splitlines()[0] == ends


def test_an_end_that_is_no_release_leaves_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bisecting, "bisect", lambda *_: pytest.fail("tried"))
    monkeypatch.setattr("noetl_acceptance.places.BASE", tmp_path)
    assert main(["bisect", "--row", "c24", "--bad", ""]) == 2
    assert main(["bisect", "--row", "c24", "--good", "99.0.0"]) == 2
    assert "99.0.0 is none of the releases to look at - `conf" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_claim_is_looked_at_before_the_index_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(package_index, "released", lambda: pytest.fail("the index was asked"))
    monkeypatch.setattr(bisecting, "bisect", lambda *_: pytest.fail("tried"))
    assert main(["bisect", "--row", "C99"]) == 2
    assert "the contract has no claim C99" in capsys.readouterr().err


def test_a_recorded_deviation_that_a_file_contradicts_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = "The error in the event log names the unregistered credential"
    passed = ScenarioOutcome(feature="f", scenario=scenario, rows=("C31",), verdict="passed")
    found = release("2.8.9", C31=HOLDS).model_copy(update={"scenarios": (passed,)})
    monkeypatch.setattr(release_file, "read_releases", lambda: [found])
    assert main(["conformance", "--check"]) == 1
    assert capsys.readouterr().err.startswith("error: 'a missing credential is not named' is rec")
    assert main(["conformance", "--update-deviations"]) == 0
    assert "# not shown by 2.8.9\n- name: a missing" in capsys.readouterr().out
