"""Runs features on several sandboxes side by side, one behave process each, and merges the runs."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.checks.slowness import TIMED
from noetl_acceptance.conformance.scenarios import default_tags
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.behave_processes import (
    TAGS,
    end_with,
    end_with_all,
    options_in,
    run_command,
)
from noetl_acceptance.orchestration.in_order import InOrder
from noetl_acceptance.orchestration.merge import merge
from noetl_acceptance.orchestration.shards import Selected
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import (
    tells_missed_deadline,
    tells_starved,
)
from noetl_acceptance.support.signals import shielded
from noetl_acceptance.verdict import exit_codes

ALONE = "alone"
"""The folder of what is run again beside nothing."""

HANG_ON_TIME = TIMED | {"connections", "not-idle"}
"""The kinds of finding that a delay may cause: those about speed, and about connections that are
kept for a while."""

BESIDE_OTHERS = "--tags=not @alone"


@dataclass(frozen=True)
class _Ended:
    """A behave process that has ended: its place, and its exit code."""

    part: Path
    code: int

    @property
    def run(self) -> Path | None:
        """The folder of the run that it has made, if it came to its end."""
        return next((each.parent for each in self.part.glob(f"*/{results.RESULTS_FILE}")), None)

    @property
    def found(self) -> Sequence[ScenarioResult]:
        """The results of that run."""
        return results.read(self.run) if self.run is not None else ()

    @property
    def interrupted(self) -> bool:
        """Whether a signal has asked for its end."""
        early = (-signal.SIGINT, -signal.SIGTERM)  # before it could listen to them
        return self.code in (exit_codes.CODES["interrupted"], *early)

    @property
    def told(self) -> str:
        """What it has printed."""
        return f"--- {self.part.name}\n{_log(self.part).read_text(errors='replace').rstrip()}"

    @property
    def refusal(self) -> str:
        """Why it did not start, in its own words."""
        lines = self.told.splitlines()
        told = (line.removeprefix("error: ") for line in lines if line.startswith("error: "))
        return next(told, "the lanes did not start")

    def lost(self) -> ScenarioResult:
        """Return what is told of one that left no run."""
        name = self.part.name
        if self.interrupted:
            return results.of_the_run(name, KeyboardInterrupt())
        how = f"signal {-self.code}" if self.code < 0 else f"exit code {self.code}"
        cause = f"{name}: the lane ended by {how} and left no results"
        return results.of_the_run(name, SandboxError(cause, f"see {_log(self.part)}"))


def run_in_lanes(
    arguments: Sequence[str],
    lanes: int,
    folder: Path,
    scenarios: Sequence[Selected],
    console: Console,
) -> list[ScenarioResult]:
    """Run features on several sandboxes, and leave one run.

    Scenarios tagged @alone run when the lanes have ended, beside nothing. So does, once more and
    before anybody is blamed, what missed a deadline beside other lanes or failed otherwise by how
    long something took.

    Args:
        arguments: behave's own, as ``run`` takes them.
        lanes: how many sandboxes, at least 2.
        folder: of the run, made here; the lanes' runs and output stay beside it.
        scenarios: that the arguments select.
        console: tells how far the lanes are, and what they have printed.

    Returns:
        The results of the run, as they are written.

    Raises:
        UsageError: an option cannot be used here.
    """
    place = folder.with_name(f"{folder.name}-lanes")
    parts = [place / f"lane-{number}" for number in range(1, lanes + 1)]
    beside = InOrder([each.location for each in scenarios if not each.alone], parts, console)
    ended = _run_all(parts, [*arguments, *beside_others(arguments)], beside)
    if {lane.code for lane in ended} == {exit_codes.CODES["usage"]}:
        raise UsageError(ended[0].refusal, f"see {_log(ended[0].part)}")
    late = [each.location for lane in ended for each in lane.found if _hangs_on_time(each)]
    if late:
        console.say(f"late beside other lanes: {counted(len(late), 'scenario')} once more, alone")
    alone = [*(each.location for each in scenarios if each.alone), *late]
    if alone and not any(lane.interrupted for lane in ended):
        by_itself = InOrder(alone, [place / ALONE], console)
        with console.phase("what wants the machine to itself", tell=by_itself.progress):
            part = place / ALONE
            process = _start([*options_in(arguments), *alone], part)
            ended.append(_ended(process, part, by_itself.look))
        by_itself.end()
    for lane in ended:
        if lane.run is None:
            console.say(lane.told)
    console.say(f"the steps of each scenario: {place.parent.name}/{place.name}/*.log")
    told: list[ScenarioResult] = []
    with suppress(KeyboardInterrupt), shielded():  # it is all but over
        told = _merged(ended, lanes, folder, [each.location for each in scenarios])
    for each in told:
        if each.earlier:
            console.say(f"run again alone: {each.location} {each.scenario}: {each.verdict}")
        elif beside.told_of(each.location) not in ("", each.verdict):
            console.say(f"seen after its end: {each.location} {each.scenario}: {each.verdict}")
    return told


def beside_others(arguments: Sequence[str]) -> list[str]:
    """Return the tags that leave out of behave's arguments what runs alone.

    Tags replace those that hold where none are given, so these are given as well.
    """
    given = any(each.startswith(TAGS) for each in arguments)
    return [*([] if given else (f"--tags={each}" for each in default_tags())), BESIDE_OTHERS]


def _merged(
    ended: Sequence[_Ended], lanes: int, folder: Path, order: Sequence[str]
) -> list[ScenarioResult]:
    """Make one run of what lanes have left, and of what ran alone after them."""
    lost = [each.lost() for each in ended if each.run is None]
    runs = [each.run for each in ended[:lanes] if each.run is not None]
    again = next((each.run for each in ended[lanes:]), None)
    if not runs:
        return lost
    return merge(runs, folder, again=again, further=lost, order=order, strict=False)


def _run_all(parts: Sequence[Path], arguments: Sequence[str], beside: InOrder) -> list[_Ended]:
    running: list[subprocess.Popen[bytes]] = []
    first: list[str] = []
    count = len(parts)

    def meanwhile() -> None:
        if not first and (line := next(filter(None, map(_first_line, parts)), "")):
            first.append(line)
            beside.console.say(f"{line}; in {counted(count, 'lane')}, each on one of its own")
        beside.look()

    with beside.console.phase(counted(count, "lane"), tell=beside.progress):
        try:
            for number, part in enumerate(parts, start=1):
                running.append(_start([*arguments, "-D", f"shard={number}/{count}"], part))
            end_with_all(running, meanwhile)
        except BaseException as error:
            for process in running:
                process.terminate()
            ended = [_ended(process, part) for process, part in zip(running, parts, strict=False)]
            if not isinstance(error, KeyboardInterrupt):
                raise
            beside.end()
            # The run tells of it by what the lanes have left; one may not have heard of it.
            return ended or [_Ended(parts[0], exit_codes.CODES["interrupted"])]
    beside.end()
    return [_ended(process, part) for process, part in zip(running, parts, strict=False)]


def _first_line(part: Path) -> str:
    """Return what a lane says of its sandbox; empty as long as that is not up."""
    log = _log(part)
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    found = next((each for each in lines if each.startswith("sandbox ")), "")
    return found.partition("; evidence")[0]


def _start(arguments: Sequence[str], part: Path) -> subprocess.Popen[bytes]:
    command = run_command(*arguments, "-D", "lanes=1", "-D", f"runs={part}", "--no-junit")
    part.mkdir(parents=True)
    with _log(part).open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def _ended(
    process: subprocess.Popen[bytes], part: Path, meanwhile: Callable[[], None] = lambda: None
) -> _Ended:
    with suppress(KeyboardInterrupt):  # its exit code tells of it
        end_with(process, meanwhile)
    return _Ended(part, process.returncode)


def _log(part: Path) -> Path:
    return part.with_suffix(".log")


def _hangs_on_time(result: ScenarioResult) -> bool:
    """Whether a scenario has failed by what another lane may have delayed."""
    if result.verdict not in exit_codes.FAILED or not result.location:
        return False
    lines = (line.strip().removeprefix("but:").strip() for line in result.reason.splitlines())
    kinds = {line.partition(":")[0] for line in lines}
    late = tells_missed_deadline(result.reason) or tells_starved(result.reason)
    return late or bool(kinds & HANG_ON_TIME)
