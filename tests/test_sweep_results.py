"""The file of a crash-point sweep, and what docs/faults.md draws of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.conformance.faults.sweep_map import differs, sweep_section
from noetl_acceptance.conformance.faults.sweep_results import (
    Head,
    Position,
    Sweep,
    Trial,
    append,
    begin,
    file_name,
    read_sweep,
    read_sweeps,
)
from noetl_acceptance.errors import UsageError

ISSUED = "parent:brew:command.issued"
CLAIMED = "parent:brew:command.claimed"
ENTERED = "worker:pour:step.enter"
STARTED = "worker:pour:command.started"
HEAD = Head(
    release="2.8.9",
    sandbox="embedded",
    service="worker",
    workload="12 travelers, 3 batches of 4",
    workers=5,
    seconds=9.5,
    commit="abc",
    positions=(
        Position(name=ISSUED),
        Position(name=CLAIMED),
        Position(name=ENTERED, near=(STARTED,)),
    ),
)


def trial(position: str = ISSUED, number: int = 1, *outcome: str, **more: Any) -> Trial:
    return Trial(position=position, number=number, outcome=outcome, **more)


def sweep(*trials: Trial, **head: Any) -> Sweep:
    return Sweep(head=HEAD.model_copy(update=head), trials=trials)


def cells(text: str, first: str) -> list[str]:
    """Return what a table says behind a first cell."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return line.removesuffix(" |").split(" | ")[1:]


# The file


def test_what_is_added_is_read_again_and_the_newest_trial_counts(tmp_path: Path) -> None:
    file = tmp_path / "new" / "sweep.jsonl"
    begin(HEAD, file)
    unjudged = trial(why="the fault was not made: its moment did not come")
    judged = trial(ISSUED, 1, "hangs", late=0.01, meanwhile=(CLAIMED,), held=("brew",))
    for each in (unjudged, trial(CLAIMED, 2, "kept"), judged):
        append(each, file)
    found = read_sweep(file)
    assert found.head == HEAD
    assert found.at(ISSUED) == [judged]
    assert found.at(ENTERED) == []
    assert found.ended == 3
    assert len(file.read_text().splitlines()) == 4


def test_a_line_that_a_killed_process_has_not_finished_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "sweep.jsonl"
    begin(HEAD, file)
    append(trial(ISSUED, 1, "kept"), file)
    file.write_text(file.read_text() + '{"position": "parent:br')
    assert len(read_sweep(file).trials) == 1
    append(trial(CLAIMED, 1, "kept"), file)
    assert [each.position for each in read_sweep(file).trials] == [ISSUED, CLAIMED]


@pytest.mark.parametrize("content", [b"", b"{}", b"tea\n", b"\xff\xfe\x00\n"])
def test_what_is_no_sweeps_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sweep.jsonl"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"is no sweep's: .* - give another --into"):
        read_sweep(file)
    with pytest.raises(UsageError, match=r"is no sweep's: .* - restore it with git, or remove it"):
        read_sweeps(tmp_path)


def test_a_folder_is_no_sweep(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory - give another --into"):
        read_sweep(tmp_path)


def test_a_line_that_is_cut_in_a_letter_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "sweep.jsonl"
    begin(HEAD, file)
    append(trial(ISSUED, 1, "kept"), file)
    with file.open("ab") as lines:
        lines.write('{"position": "ü'.encode()[:-1])
    assert len(read_sweep(file).trials) == 1


def test_all_sweeps_of_a_folder_are_read_in_the_order_of_releases(tmp_path: Path) -> None:
    for release, service in (("rust 3.54.0 + 5.52.0", "worker"), ("2.8.9", "server")):
        begin(
            HEAD.model_copy(update={"release": release, "service": service}),
            tmp_path / file_name(release, "embedded", "worker"),
        )
    begin(HEAD, tmp_path / "2.8.9.jsonl")
    assert (tmp_path / "rust-3.54.0-5.52.0-embedded-worker.jsonl").exists()
    found = [(each.head.release, each.head.service) for each in read_sweeps(tmp_path)]
    assert found == [("2.8.9", "worker"), ("2.8.9", "server"), ("rust 3.54.0 + 5.52.0", "worker")]
    assert read_sweeps(tmp_path / "nowhere") == []


# The page


def test_without_a_sweep_the_section_says_so() -> None:
    assert "No sweep is recorded yet." in sweep_section([])


def test_each_position_has_a_row_and_each_service_its_columns() -> None:
    worker = sweep(
        trial(ISSUED, 1, "kept", late=0.004),
        trial(ISSUED, 2, "kept", late=0.0121, meanwhile=(CLAIMED, STARTED)),
        trial(CLAIMED, 1, "hangs", "told wrongly", late=0.01),
        trial(CLAIMED, 2, "kept"),
        trial(CLAIMED, 3, "kept"),
    )
    server = sweep(trial(CLAIMED, 1, why="no kill"), service="server")
    text = sweep_section([worker, server])
    assert "### NoETL 2.8.9, embedded" in text
    told = cells(text, "position")
    assert told == ["a worker killed", "killed after", "the server killed", "killed after"]
    assert cells(text, f"`{ISSUED}`") == ["kept ×2", "4–12 ms, 0–2", "–", "–"]
    assert cells(text, f"`{CLAIMED}`") == [
        "**kept ×2; hangs, told wrongly ×1**",
        "10 ms, 0",
        "not judged ×1",
        "–",
    ]
    assert cells(text, f"`{ENTERED}` (with `{STARTED}`)") == ["–"] * 4


def test_the_outcomes_of_each_sweep_are_counted() -> None:
    seen = sweep(
        trial(ISSUED, 1, "kept"),
        trial(ISSUED, 2, "hangs", "told wrongly"),
        trial(CLAIMED, 1),
    )
    text = sweep_section([seen])
    assert cells(text, "what") == [
        "positions",
        "trials",
        "trials differ",
        "kept",
        "hangs",
        "told wrongly",
        "not judged",
    ]
    assert cells(text, "2.8.9 embedded, a worker killed") == [
        "3",
        "3",
        "1",
        "1",
        "1",
        "1",
        "1",
    ]


def test_what_was_not_judged_differs_from_nothing() -> None:
    assert not differs([trial(ISSUED, 1, "kept"), trial(ISSUED, 2)])
    assert differs([trial(ISSUED, 1, "kept"), trial(ISSUED, 2, "told")])
    assert not differs([])


def test_positions_that_one_sweep_lacks_come_last() -> None:
    fewer = sweep(trial(CLAIMED, 1, "told"), positions=HEAD.positions[1:2])
    rows = [
        line.split(" |")[0].removeprefix("| ")
        for line in sweep_section([fewer, sweep(service="server")]).splitlines()
        if line.startswith("| `")
    ]
    assert rows == [f"`{CLAIMED}`", f"`{ISSUED}`", f"`{ENTERED}` (with `{STARTED}`)"]
