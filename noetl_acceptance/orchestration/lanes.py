"""Runs features on several sandboxes side by side, one behave process each, and merges the runs."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from noetl_acceptance.checks.slowness import TIMED
from noetl_acceptance.conformance.closing import closing_lines
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import junit, results
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.model.wording import counted
from noetl_acceptance.orchestration.behave_processes import end_with, end_with_all, run_command
from noetl_acceptance.orchestration.merge import merge
from noetl_acceptance.orchestration.shards import Selected, group
from noetl_acceptance.places import BASE
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import busy_already
from noetl_acceptance.support.polling import (
    DeadlineError,
    StarvedError,
    eventually,
    tells_missed_deadline,
)
from noetl_acceptance.verdict import exit_codes

ALONE = "alone"
"""The folder of what is run again beside nothing."""

MOST_LANES = 8

LANE_PROCESSORS = 2
"""What a lane needs of processors: two lanes on two took as long as one after the other
(docs/decisions/0014-lanes-are-processes.md)."""

LANE_BYTES = 3 * 1024**3
"""What a lane may need of memory: a sandbox of five workers has 1.3 GiB, behave 0.1 to 0.4."""

REST_SECONDS = 30.0
"""How long to wait for a busy machine: what it told of the last ten seconds may be over."""

HANG_ON_TIME = TIMED | {"connections", "not-idle"}
"""The kinds of finding that a delay may cause: those about speed, and about connections that are
kept for a while."""

BESIDE_OTHERS = "--tags=not @alone"

Select = Callable[[Sequence[str]], Sequence[Selected]]
"""Returns the scenarios that behave's arguments select."""

_SCENARIO = re.compile(rb"^ +Scenario( Outline)?: ", re.MULTILINE)


@dataclass(frozen=True)
class _Ended:
    """A behave process that has ended: its place, and its exit code."""

    part: Path
    code: int

    @property
    def run(self) -> Path | None:
        """The folder of the run that it has made, if it came to its end."""
        return next((each.parent for each in self.part.glob(f"*/{results.RESULTS_FILE}")), None)

    def told(self) -> str:
        """Return what it has printed."""
        return _log(self.part).read_text(errors="replace").rstrip()

    def lost(self) -> ScenarioResult:
        """Return what is told of one that left no run."""
        how = f"signal {-self.code}" if self.code < 0 else f"exit code {self.code}"
        cause = f"{self.part.name}: the lane ended by {how} and left no results"
        return results.of_the_run(self.part.name, SandboxError(cause, f"see {_log(self.part)}"))


def fitting_lanes() -> int:
    """Return how many lanes this machine carries now, at least one; one if it is busy."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    processors = len(allowed) or os.cpu_count() or 1
    memory = psutil.virtual_memory().available // LANE_BYTES
    fit = min(processors // LANE_PROCESSORS, memory, MOST_LANES)
    return fit if fit > 1 and _comes_to_rest() else 1


def _comes_to_rest() -> bool:
    """Whether the machine is not busy, or is no more within a while: what ran before has ended."""
    with suppress(DeadlineError, StarvedError):
        eventually(busy_already, lambda busy: not busy, seconds=REST_SECONDS, what="rest", every=2)
        return True
    return False


def run_in_lanes(
    kind: str,
    folder: Path,
    arguments: Sequence[str],
    lanes: int,
    console: Console,
    select: Select,
) -> int:
    """Run features on sandboxes of a kind, and leave one run.

    Scenarios tagged @alone run when the lanes have ended, beside nothing. So does, once more and
    before anybody is blamed, what missed a deadline beside other lanes or failed otherwise by how
    long something took.

    Args:
        kind: of sandbox.
        folder: in which the run's folder is made, beside its JUnit reports and the lanes' output.
        arguments: behave's own.
        lanes: how many sandboxes, at least 1.
        console: tells how far the lanes are, and what they come to.
        select: tells which scenarios behave's arguments select.

    Returns:
        One of ``exit_codes.MEANINGS``.

    Raises:
        UsageError: an argument cannot be used.
    """
    reports = folder / "junit"
    if lanes > 1 and (why := _why_one_lane(arguments)):
        console.say(f"one lane: {why}")
        lanes = 1
    scenarios = select(arguments) if lanes > 1 else ()
    lanes = min(lanes, len(group(each for each in scenarios if not each.alone)))
    if lanes <= 1:
        command = run_command(kind, folder, "--junit", "--junit-directory", str(reports))
        return end_with(subprocess.Popen([*command, *arguments], cwd=BASE))
    ended = _run_all(kind, folder, [*arguments, BESIDE_OTHERS], lanes, console)
    for lane in ended:
        console.say(f"--- {lane.part.name}\n{lane.told()}")
    if {lane.code for lane in ended} == {exit_codes.CODES["usage"]}:
        return ended[0].code
    runs = [lane.run for lane in ended if lane.run is not None]
    late, interrupted = _late(runs)
    alone = [each.location for each in scenarios if each.alone]
    again = None
    if late and not interrupted:
        console.say(f"late beside other lanes: {counted(len(late), 'scenario')} once more, alone")
    if (alone or late) and not interrupted:
        again = _run_alone(kind, folder / ALONE, [*_options(arguments), *alone, *late], console)
    lost = [each.lost() for each in (*ended, again) if each is not None and each.run is None]
    if not runs:
        return exit_codes.exit_code(each.verdict for each in lost)
    merged = RunFolder.new(folder).path
    last = again.run if again is not None else None
    told = merge(runs, merged, again=last, whole=not lost, further=lost)
    junit.write(told, reports, merged)
    for each in told:
        if each.earlier:
            console.say(f"run again alone: {each.location} {each.scenario}: {each.verdict}")
    console.say("\n".join([*closing_lines(told), f"evidence: {merged}"]))
    return exit_codes.exit_code(each.verdict for each in told)


def _run_all(
    kind: str, folder: Path, arguments: Sequence[str], lanes: int, console: Console
) -> list[_Ended]:
    parts = [folder / f"lane-{number}" for number in range(1, lanes + 1)]
    running: list[subprocess.Popen[bytes]] = []
    what = f"{counted(lanes, 'lane')} on {kind}"
    console.say(f"{what}, a sandbox for each")
    with console.phase(what, tell=lambda: _progress(parts)):
        try:
            for number, part in enumerate(parts, start=1):
                shard = ("-D", f"shard={number}/{lanes}")
                running.append(_start(run_command(kind, part, *shard, *arguments), part))
        except BaseException:
            for process in running:
                process.terminate()
            raise
        finally:
            codes = end_with_all(running)
    return [_Ended(part, code) for part, code in zip(parts, codes, strict=True)]


def _run_alone(kind: str, part: Path, arguments: Sequence[str], console: Console) -> _Ended:
    with console.phase("what wants the machine to itself", tell=lambda: _progress([part])):
        ended = _Ended(part, end_with(_start(run_command(kind, part, *arguments), part)))
    console.say(f"--- {part.name}\n{ended.told()}")
    return ended


def _late(runs: Sequence[Path]) -> tuple[list[str], bool]:
    """Return where scenarios stand that failed for lack of time, and whether a run was ended."""
    found = [each for run in runs for each in results.read(run)]
    interrupted = any(each.verdict == results.INTERRUPTED for each in found)
    return [each.location for each in found if _hangs_on_time(each)], interrupted


def _start(command: Sequence[str], part: Path) -> subprocess.Popen[bytes]:
    part.mkdir(parents=True)
    with _log(part).open("wb") as log:
        return subprocess.Popen(command, cwd=BASE, stdout=log, stderr=subprocess.STDOUT)


def _log(part: Path) -> Path:
    return part.with_suffix(".log")


def _hangs_on_time(result: ScenarioResult) -> bool:
    """Whether a scenario has failed by what another lane may have delayed."""
    if result.verdict not in exit_codes.FAILED or not result.location:
        return False
    lines = (line.strip().removeprefix("but:").strip() for line in result.reason.splitlines())
    kinds = {line.partition(":")[0] for line in lines}
    return tells_missed_deadline(result.reason) or bool(kinds & HANG_ON_TIME)


def _options(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the options and tags among behave's arguments, without features and reports."""
    for argument, value in zip(arguments, [*arguments, ""][1:], strict=True):
        if argument in ("-D", "--define", "-t", "--tags"):
            yield from (argument, value)
        elif argument.startswith(("-D", "--define=", "-t", "--tags=")):
            yield argument


def _why_one_lane(arguments: Sequence[str]) -> str:
    """Return in words what of behave's arguments several lanes cannot share; empty for nothing."""
    if any(each.startswith(("-o", "--outfile", "--junit")) for each in arguments):
        return "several would write the same file of -o or --junit-directory"
    if any(re.match(r"(-D|--define=)?shard=", each) for each in arguments):
        return "-D shard= is one part already"
    return ""


def _progress(parts: Sequence[Path]) -> str:
    begun = sum(
        len(_SCENARIO.findall(_log(each).read_bytes())) for each in parts if _log(each).exists()
    )
    return f"{counted(begun, 'scenario')} begun"
