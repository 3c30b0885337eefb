"""Runs features again and again; reliability.py keeps the record."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from noetl_acceptance.errors import SuiteError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures, utc_now
from noetl_acceptance.evidence.run_verdict import verdict_words
from noetl_acceptance.measure.reliability import GREEN, Line, append, renew_page
from noetl_acceptance.orchestration.behave_processes import (
    behave_command,
    end_with_all,
    ending_all,
    options_in,
    start,
)
from noetl_acceptance.places import LEDGERS, ROOT, require_checkout
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.support.console import Console

MOST_SEED = 2**31

LANES = ("-D", "lanes=auto")
"""What each run is given; a count among behave's own arguments comes later, and holds."""


@dataclass(frozen=True)
class Way:
    """How runs are repeated.

    Args:
        at_once: how many go on side by side each time.
        load: how many processes keep a core busy beside them.
        random: whether each run has a random order of its own.
        alone: whether each scenario has a run of its own; such a round is told as one line.
    """

    at_once: int = 1
    load: int = 0
    random: bool = False
    alone: bool = False


def repeat(
    kind: str, times: int, way: Way, features: Sequence[str], console: Console
) -> list[Line]:
    """Run behave ``times`` times on a sandbox, each with a fresh bring-up, and record each run.

    Args:
        kind: of sandbox.
        times: how often.
        way: how.
        features: behave's own arguments (feature files, tags).
        console: tells how each run ended.

    Returns:
        The lines that were added to the record.

    Raises:
        UsageError: there is no checkout, in which the record is.
    """
    require_checkout("`repeat`")
    ran: list[Line] = []
    for number in range(1, times + 1):
        which = f"{number}/{times} {kind}"
        with console.phase(which), busy(way.load):
            lines = (
                [_alone(kind, way, features, console)] if way.alone else _round(kind, way, features)
            )
        ran += lines
        for line in lines:
            append(line)
            console.say(
                f"{which}, seed {line.seed}: {line.verdict} in {line.seconds} s, {line.left_behind}"
            )
    renew_page()
    return ran


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep cores busy meanwhile, each by a process of its own."""
    busily = "import os; own = os.getppid()\nwhile os.getppid() == own: pass"  # also where killed
    processes = [subprocess.Popen([sys.executable, "-c", busily]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _round(kind: str, way: Way, features: Sequence[str]) -> list[Line]:
    place = ROOT / "runs" / f"repeat-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    place.mkdir(parents=True)
    before = _files()
    folders = [place / str(number) for number in range(1, way.at_once + 1)]
    running: list[subprocess.Popen[bytes]] = []
    with ending_all(running):
        for folder in folders:
            command = behave_command(
                kind, folder, *LANES, *features, *_order(way), "--format=progress"
            )
            running.append(start(command, ROOT, folder.with_suffix(".log")))
    codes = end_with_all(running)
    strangers = _files() - before
    return [
        _line(folder, code, kind, way, features, sorted(strangers))
        for folder, code in zip(folders, codes, strict=True)
    ]


def _order(way: Way) -> list[str]:
    return ["-D", f"seed={secrets.randbelow(MOST_SEED)}"] if way.random else []


def _alone(kind: str, way: Way, features: Sequence[str], console: Console) -> Line:
    """Run each scenario that behave's arguments select in a run of its own; add the lines up."""
    command = behave_command(kind, ROOT / "runs", "--dry-run", "--format=json.pretty", *features)
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        last = "\n".join(told.stderr.strip().splitlines()[-5:])
        raise UsageError("behave selects no scenarios", "its last lines are below", last)
    locations = scenario_locations(told.stdout)
    if not locations:
        raise UsageError("behave selects no scenarios", "give other features or tags")
    lines: list[Line] = []
    for location in locations:
        console.live(location)
        # Tags are given on: the default ones would leave out what others have selected.
        lines += _round(kind, replace(way, alone=False), [*options_in(features), location])
        console.say(f"  {location}: {lines[-1].verdict}, {lines[-1].left_behind}")
    return together(lines, features)


def scenario_locations(told: str) -> list[str]:
    """Return where the scenarios stand that behave has told in its JSON format."""
    features = json.loads(told[told.index("[") : told.rindex("]") + 1])
    elements = [element for feature in features for element in feature["elements"]]
    return [element["location"] for element in elements if element["type"] == "scenario"]


def together(lines: Sequence[Line], features: Sequence[str]) -> Line:
    """Return one line for runs of one scenario each: their verdicts counted, their seconds added.

    Args:
        lines: one for each scenario, at least one.
        features: behave's arguments that have selected the scenarios.
    """
    verdicts = Counter(line.verdict.removeprefix("1 ") for line in lines)
    left = dict.fromkeys(line.left_behind for line in lines if line.left_behind != "-")
    return lines[-1].model_copy(
        update={
            "features": f"each alone: {' '.join(features) or 'all'}",
            "seconds": str(sum(int(line.seconds) for line in lines)),
            "verdict": ", ".join(
                f"{number} {words}" for words, number in sorted(verdicts.items(), reverse=True)
            ),
            "disagreed": "; ".join(line.disagreed for line in lines if line.disagreed != "-")
            or "-",
            "left_behind": ", ".join(left) or "-",
        }
    )


def _line(
    folder: Path, code: int, kind: str, way: Way, features: Sequence[str], files: Sequence[str]
) -> Line:
    run = next((file.parent for file in folder.glob(f"*/{results.RESULTS_FILE}")), None)
    if run is None:
        log = folder.with_suffix(".log").read_text().strip().splitlines()
        raise SuiteError(
            "a run left no folder", "behave's last lines are below", "\n".join(log[-5:])
        )
    figures = read_figures(run)
    found = results.read(run)
    verdict = verdict_words(found) or "no scenario ran"
    if code != 0 and GREEN.fullmatch(verdict):
        verdict += f", yet exit {code}"
    return Line(
        when=utc_now(),
        commit=figures.commit,
        sandbox=kind,
        noetl=figures.noetl,
        features=" ".join(features) or "all",
        seed=figures.options.get("seed", "off"),
        at_once=way.at_once,
        cores=_cores(),
        load=way.load,
        seconds=f"{figures.wall:.0f}",
        verdict=verdict,
        disagreed="; ".join(_disagreed(found)) or "-",
        left_behind=", ".join([*_left_by_all(folder), *files]) or "-",
    )


def _left_by_all(folder: Path) -> list[str]:
    """Return what a run has left on this machine, or one of its lanes."""
    runs = {file.parent.name for file in folder.rglob(results.RESULTS_FILE)}
    return [each for run in sorted(runs) for each in left_by(run)]


def _cores() -> int:
    """Return how many cores this process may use: `taskset` can leave it fewer than there are."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _disagreed(found: Sequence[results.ScenarioResult]) -> list[str]:
    return [each.scenario for each in found if each.verdict not in ("passed", "deviates")]


def _files() -> set[str]:
    """Return what stands in the temporary folder and in the checkout, the run folders apart."""
    found = set(Path(tempfile.gettempdir()).iterdir())
    found |= {path for path in ROOT.iterdir() if path.name != "runs"}
    found |= set(LEDGERS.glob("*.json"))
    return {str(path) for path in found}
