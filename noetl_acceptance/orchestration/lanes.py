"""Runs features on several sandboxes side by side, one behave process each, and merges the runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from noetl_acceptance.conformance.proven import rows_in_words
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.late import is_late, runs_again
from noetl_acceptance.evidence.results import INTERRUPTED, NOT_RUN, ScenarioResult
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.behave_processes import (
    end_with_all,
    ending_all,
    run_command,
    start,
    with_options,
)
from noetl_acceptance.orchestration.ended_lane import EndedLane, log_of
from noetl_acceptance.orchestration.in_order import InOrder
from noetl_acceptance.orchestration.merge import merge
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.places import ROOT
from noetl_acceptance.support import signals
from noetl_acceptance.support.console import Console
from noetl_acceptance.verdict.exit_codes import GREEN, exit_code

ALONE = "alone"
"""The folder of what is run again beside nothing."""


@dataclass(frozen=True)
class Work:
    """What lanes have to do.

    Args:
        arguments: behave's own, as ``run`` takes them, for the lanes: without what runs alone.
        options: those that what runs alone has as well.
        caller: the working folder in which they were given.
        scenarios: that are selected, in the order of the features.
        not_run: the result of each scenario as long as it has not run.
        figures: of the run before it begins: its options and its pair.
    """

    arguments: Sequence[str]
    options: Sequence[str]
    caller: Path
    scenarios: Sequence[Selected]
    not_run: Sequence[ScenarioResult]
    figures: Figures


def run_in_lanes(work: Work, lanes: int, folder: Path, console: Console) -> list[ScenarioResult]:
    """Run features on several sandboxes, and leave one run.

    Scenarios tagged @alone run when the lanes have ended, beside nothing. So does, once more and
    before anybody is blamed, what failed only by how long something took, and what was not judged
    because the clock was set.

    Args:
        work: what is run, and how.
        lanes: how many sandboxes, at least 2.
        folder: of the run, made here; the lanes' runs and output stay beside it.
        console: tells how far the lanes are, and what they have printed.

    Returns:
        The results of the run, as they are written: each scenario that is selected has one.

    Raises:
        UsageError: an option cannot be used here.
    """
    place = folder.with_name(f"{folder.name}-lanes")
    parts = [place / f"lane-{number}" for number in range(1, lanes + 1)]
    locations = [each.location for each in work.scenarios if not each.alone]
    beside = InOrder(locations, parts, console, again=True)
    shards = {
        part: with_options(work.arguments, "-D", f"shard={number}/{lanes}")
        for number, part in enumerate(parts, start=1)
    }
    look = _telling_first_line(parts, beside)
    ended = _carried_out(shards, work.caller, beside, counted(lanes, "lane"), look)
    if ended and all(lane.refused for lane in ended):
        raise ended[0].refusal()
    first = {each.location: each for lane in ended for each in lane.found if runs_again(each)}
    alone = dict.fromkeys([*(each.location for each in work.scenarios if each.alone), *first])
    again: list[EndedLane] = []
    if alone and not _interrupted(ended):
        for why, them in _why_again(first.values()).items():
            console.say(f"{why}: {counted(len(them), 'scenario')} once more, alone")
        part = place / ALONE
        by_itself = InOrder(list(alone), [part], console)
        given = {part: [*work.options, *(str(ROOT / location) for location in alone)]}
        what = "what wants the machine to itself"
        again = _carried_out(given, work.caller, by_itself, what, by_itself.look)
    for lane in (*ended, *again):
        if lane.run is None:
            console.say(lane.told)
    console.say(f"the steps of each scenario: {place.parent.name}/{place.name}/*.log")
    told: list[ScenarioResult] = []
    unrepeated = list(_unrepeated(first, again, ended))
    further = [*unrepeated, *_of_the_run(work, [*ended, *again])]
    with suppress(KeyboardInterrupt), signals.shielded():  # it is all but over
        told = _merged(work, ended, again, folder, further)
    for each in told:
        if each in unrepeated:
            console.say(f"not judged alone: {each.location} {each.scenario}")
        elif each.earlier:
            console.say(f"run again alone: {each.location} {each.scenario}: {each.verdict}")
        elif beside.told_of(each.location) not in ("", each.verdict):
            console.say(f"seen after its end: {each.location} {each.scenario}: {each.verdict}")
    return told


def _interrupted(ended: Sequence[EndedLane]) -> bool:
    """Whether a signal has ended the run; a lane that was all but over may not tell of it."""
    return signals.received() or any(lane.interrupted for lane in ended)


def _why_again(first: Iterable[ScenarioResult]) -> dict[str, list[ScenarioResult]]:
    """Return the first attempts of what runs again, by why it does."""
    found: dict[str, list[ScenarioResult]] = {}
    for each in first:
        why = "late beside other lanes" if is_late(each) else "the clock was set meanwhile"
        found.setdefault(why, []).append(each)
    return found


def _unrepeated(
    attempts: Mapping[str, ScenarioResult], again: Sequence[EndedLane], ended: Sequence[EndedLane]
) -> Iterator[ScenarioResult]:
    """Yield what stands for first attempts that no second one has judged: nobody is blamed."""
    second = {each.location: each for lane in again for each in lane.found}
    for location, first in attempts.items():
        attempt = second.get(location)
        if attempt is not None and attempt.verdict not in ("skipped", "usage"):
            continue
        if _interrupted([*ended, *again]):
            yield replace(first, verdict="skipped", reason=INTERRUPTED, earlier=first.reason)
            continue
        why = attempt.reason if attempt is not None else "its second attempt, alone, is lost"
        reason = f"it was late beside other lanes, and was not judged alone: {why}"
        if is_late(first):
            yield replace(first, verdict="sandbox", reason=reason, earlier=first.reason)
        elif attempt is None:
            yield replace(first, reason=f"{first.reason}; and {why}")


def _of_the_run(work: Work, ended: Sequence[EndedLane]) -> list[ScenarioResult]:
    """Return what no lane has told: what became of the lanes, and which scenarios are in none."""
    told = [each for lane in ended for each in lane.amiss(work.figures.pair)]
    verdicts = [each.verdict for each in told]
    verdicts += [each.verdict for lane in ended for each in lane.found]
    interrupted = _interrupted(ended)
    if interrupted and INTERRUPTED not in verdicts:
        told.append(results.of_the_run("the run", KeyboardInterrupt()))
    ran = {each.location for lane in ended for each in lane.found}
    missing = {each.location: each for each in work.not_run if each.location not in ran}
    if missing and not interrupted and exit_code(verdicts) in GREEN:
        count = counted(len(missing), "scenario")
        unknown = SuiteError(f"the lanes ran through, and {count} came back from none")
        told.append(results.of_the_run("the lanes", unknown))
    reason = INTERRUPTED if interrupted else NOT_RUN[0]
    return [*(replace(each, reason=reason) for each in missing.values()), *told]


def _merged(
    work: Work,
    ended: Sequence[EndedLane],
    again: Sequence[EndedLane],
    folder: Path,
    further: Sequence[ScenarioResult],
) -> list[ScenarioResult]:
    """Make one run of what lanes have left, of what ran alone after them, and of further results.

    Where no run is left, the figures are those of its beginning.
    """
    runs = [each.run for each in ended if each.run is not None]
    second = next((each.run for each in again), None)
    if not runs and second is None:
        folder.mkdir(parents=True)
        return Evidence(folder, work.figures).write(further, rows_in_words)
    if not runs and second is not None:
        runs, second = [second], None
    order = [each.location for each in work.scenarios]
    return merge(runs, folder, again=second, further=further, order=order, strict=False)


def _carried_out(
    given: Mapping[Path, Sequence[str]],
    caller: Path,
    order: InOrder,
    what: str,
    meanwhile: Callable[[], None],
) -> list[EndedLane]:
    """Run behave for each part side by side, and wait for all, whatever signal comes."""
    running: dict[Path, subprocess.Popen[bytes]] = {}
    with (
        order.console.phase(what, tell=order.progress),
        suppress(KeyboardInterrupt),  # exit codes tell of it
        ending_all(running.values()),
    ):
        for part, arguments in given.items():
            with signals.shielded():  # between its start and its entry nobody would know of it
                running[part] = _start(arguments, part, caller)
        end_with_all(list(running.values()), meanwhile)
    order.end()
    return [EndedLane(part, process.returncode) for part, process in running.items()]


def _telling_first_line(parts: Sequence[Path], beside: InOrder) -> Callable[[], None]:
    """Return what tells, while lanes run, the first line of the first that is up, and who ended."""
    first: list[str] = []

    def look() -> None:
        if not first and (line := next(filter(None, map(_first_line, parts)), "")):
            first.append(line)
            count = counted(len(parts), "lane")
            beside.console.say(f"{line}; in {count}, each on one of its own")
        beside.look()

    return look


def _first_line(part: Path) -> str:
    """Return what a lane says of its sandbox; empty as long as that is not up."""
    log = log_of(part)
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    found = next((each for each in lines if each.startswith("sandbox ")), "")
    return found.partition("; evidence")[0]


def _start(arguments: Sequence[str], part: Path, caller: Path) -> subprocess.Popen[bytes]:
    own = ("-D", "lanes=1", "-D", f"runs={part}", "--no-junit")
    part.mkdir(parents=True)
    return start(run_command(*with_options(arguments, *own)), caller, log_of(part))
