"""Cells that are drawn by the commit are tried again, and must agree."""

from __future__ import annotations

import pytest

from noetl_acceptance.conformance.releases.release_file import ReleaseFile, RowOutcome
from noetl_acceptance.conformance.releases.sampling import drawn
from noetl_acceptance.errors import UsageError
from noetl_acceptance.orchestration import rechecking
from noetl_acceptance.orchestration.rechecking import agree, recheck
from noetl_acceptance.support.console import Console
from tests.releases import HANGS, HOLDS, LOST, execution, outcome, release

RELEASES = [release(f"2.8.{number}", C24=HOLDS, C31=LOST, P6=HOLDS) for number in range(20)]


@pytest.fixture
def console() -> Console:
    quiet = Console()
    quiet._console.quiet = True
    return quiet


def test_as_many_releases_are_drawn_and_the_same_for_the_same_seed() -> None:
    cells = drawn(RELEASES, 5, "c0ffee1")
    assert len({each.release.asked for each in cells}) == 5
    assert cells == drawn(RELEASES, 5, "c0ffee1")
    draws = {tuple(each.release.asked for each in drawn(RELEASES, 5, str(n))) for n in range(9)}
    assert len(draws) > 1


def test_only_cells_whose_neighbours_say_the_same_are_drawn_and_none_of_a_fault() -> None:
    changed = [
        release("2.8.0", C24=HOLDS),
        release("2.8.1", C24=HOLDS, P6=HOLDS),
        release("2.8.2", C24=LOST, P6=HOLDS),
        release("2.8.3", C24=outcome("not judged"), P6=HOLDS),
        release("rust", C24=HOLDS),
    ]
    assert [(each.release.release, each.row) for each in drawn(changed, 9, "")] == [
        ("2.8.0", "C24")
    ]


@pytest.mark.parametrize(
    ("tries", "code"),
    [
        ([HOLDS], 0),
        ([LOST, HOLDS], 0),
        ([LOST, LOST, HOLDS], 0),
        ([LOST, LOST, LOST], 1),
        ([outcome("not judged")] * 3, 3),
    ],
)
def test_what_is_three_times_not_as_its_file_says_is_told_by_the_exit_code(
    tries: list[RowOutcome], code: int, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    asked: list[str] = []

    def tried(name: str, *_: object, tags: str, **_more: object) -> ReleaseFile:
        asked.append(tags)
        return release(name, C24=tries[len(asked) - 1])

    monkeypatch.setattr(rechecking, "try_release", tried)
    cells = drawn([release("2.8.9", C24=HOLDS)], 5, "")
    assert recheck(cells, console) == code
    assert asked == ["@core and @C24"] * len(tries)


def test_the_same_word_for_another_reason_does_not_agree() -> None:
    before = release("2.10.42", execution(9, lost="items are lost"), C24=LOST)
    assert agree(before, release("2.10.42", C24=LOST), "C24")
    more = outcome("fails", "row-missing", "summary")
    assert agree(before, release("2.10.42", C24=more), "C24")
    assert not agree(before, release("2.10.42", C24=HANGS), "C24")
    assert not agree(before, release("2.10.42", C24=HOLDS), "C24")


def test_what_has_been_recorded_since_agrees() -> None:
    before = release("2.10.42", C31=outcome("fails", "reason-without-name"))
    recorded = release("2.10.42", C31=outcome("deviates", "reason-without-name"))
    assert agree(before, recorded, "C31")
    assert agree(recorded, before, "C31")
    assert not agree(before, release("2.10.42", C31=outcome("deviates", "no-reason")), "C31")


def test_nothing_to_try_is_not_told_as_agreement(console: Console) -> None:
    with pytest.raises(UsageError, match="no release has been tried"):
        recheck([], console)
