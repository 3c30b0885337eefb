"""Runs the features on seeded defects and tells what has caught each."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.judgements import read_judgements
from noetl_acceptance.execution.connected_sandbox import SECOND_DATABASE
from noetl_acceptance.noetl import event_log
from noetl_acceptance.orchestration.behave_processes import behave_command, start
from noetl_acceptance.places import LEDGERS, ROOT
from noetl_acceptance.sandbox.ledgers import Ledger, find_kept
from noetl_acceptance.support.console import Console
from noetl_acceptance.verdict.claims import case_name
from tests.mutants.defects import Defect, selection, together
from tests.mutants.making import make_checkout, make_pair, make_wheel
from tests.mutants.meddling import meddle

KIND = "embedded"

_DROP = "DROP TABLE IF EXISTS public.traveler_batch_source, public.traveler_batch_results"

MOST_PROBLEMS = 3
"""How many are told: where a sandbox does not come up, every scenario has one."""


@dataclass(frozen=True)
class Caught:
    """What became of one defect.

    Args:
        defect: it.
        scenarios: the names of those that have caught it, as it says they must.
        message: the line of the first one's message that names it.
        seconds: from behave's start to its end, a sandbox of its own included.
        problem: why it does not count as caught; empty where it does.
        checks: the stable names of all that had a finding.
    """

    defect: Defect
    scenarios: tuple[str, ...]
    message: str
    seconds: float
    problem: str
    checks: frozenset[str] = frozenset()


class Runner:
    """Runs defects one after the other, on one sandbox as far as they can share it.

    Args:
        folder: for copies and for the runs' folders.
        console: tells what goes on.
        noetl: the NoETL under test, as ``-D noetl=`` takes it; empty for the default.
    """

    def __init__(self, folder: Path, console: Console, noetl: str = "") -> None:
        self._folder = folder
        self._noetl = noetl
        self._console = console
        self._shared: Ledger | None = None
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @contextmanager
    def open(self) -> Iterator[Runner]:
        """Take the shared sandbox down in the end, if there is one."""
        try:
            yield self
        finally:
            self._take_down()

    def stop(self) -> None:
        """End, from another thread, the run that goes on; it takes its own sandbox down first."""
        self._stopped = True
        if self._running is not None:
            self._running.terminate()

    def run(self, defects: Sequence[Defect]) -> list[Caught]:
        """Put defects in, all at once, and run the scenarios that must catch them.

        Args:
            defects: one, or those of a group.

        Returns:
            What became of each; the seconds are of all together.

        Raises:
            UsageError: a defect is out of date, or does not go with the others.
            SandboxError: the shared sandbox did not come up.
        """
        made = together(defects)
        arguments, checkout = selection(defects), ROOT
        if made.parent or made.worker:
            pair = make_pair(made, self._folder, self._noetl)
            arguments += ["-D", f"playbooks={pair}"]
        if made.noetl:
            arguments += ["-D", f"noetl={make_wheel(made, self._folder)}"]
        if made.suite:
            checkout = make_checkout(made, self._folder)
        for key, value in made.options.items():
            arguments += ["-D", f"{key}={value}"]
        kind = KIND
        if made.own_sandbox:
            arguments += self._release()
        else:
            kind = "attach"
            arguments += ["-D", f"attach={self._sandbox().entry.sandbox_id}"]
        began = time.monotonic()
        run, told = self._behave(made, kind, arguments, checkout)
        seconds = time.monotonic() - began
        if not made.own_sandbox:
            self._leave_clean()
        if run is None:
            return [
                Caught(each, (), "", seconds, f"behave left no run: {told}") for each in defects
            ]
        found, checks = results.read(run), _failed_checks(run)
        return [replace(judged(each, found, seconds), checks=checks) for each in defects]

    def _behave(
        self, made: Defect, kind: str, arguments: Sequence[str], checkout: Path
    ) -> tuple[Path | None, str]:
        """Run behave; return the run's folder, if it left one, and its last lines."""
        folder = self._folder / "runs" / made.name
        log = folder.with_suffix(".log")
        log.parent.mkdir(exist_ok=True)
        command = behave_command(kind, folder, "-D", "lanes=1", *arguments)
        rows: AbstractContextManager[None] = nullcontext()
        if made.rows is not None:
            rows = meddle(_database(self._sandbox()), made.rows)
        with rows:
            self._running = start(command, checkout, log)
            if self._stopped:  # while it was being started
                self._running.terminate()
            self._running.wait()
        run = next(folder.iterdir(), None) if folder.exists() else None
        return run, "\n".join(log.read_text().strip().splitlines()[-5:])

    def _sandbox(self) -> Ledger:
        """Return the shared sandbox, brought up when there is none."""
        if self._shared is None:
            self._shared = self._bring_up()
        return self._shared

    def _bring_up(self) -> Ledger:
        runs = Path(tempfile.mkdtemp(prefix="shared-", dir=self._folder))
        with self._console.phase("bringing up a shared sandbox"):
            _suite("up", "-D", f"sandbox={KIND}", "-D", f"runs={runs}", *self._release())
        (folder,) = runs.iterdir()  # no other's: a run beside may bring one up as well
        return find_kept(LEDGERS, folder.name)

    def _release(self) -> list[str]:
        return ["-D", f"noetl={self._noetl}"] if self._noetl else []

    def _leave_clean(self) -> None:
        """Drop the fixture's tables; give the sandbox up if an execution is still at work there."""
        address = _database(self._sandbox())
        with psycopg.connect(address, autocommit=True) as connection:
            if event_log.at_work(connection):
                self._take_down()
                return
            connection.execute(_DROP)
            other = connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", (SECOND_DATABASE,)
            )
        if other.rowcount:
            with psycopg.connect(address, dbname=SECOND_DATABASE, autocommit=True) as connection:
                connection.execute(_DROP)

    def _take_down(self) -> None:
        shared, self._shared = self._shared, None
        if shared is not None:
            _suite("down", shared.entry.sandbox_id)


def judged(defect: Defect, found: Sequence[results.ScenarioResult], seconds: float) -> Caught:
    """Return what became of a defect, by the results of the scenarios that were to catch it.

    Each row that must catch it has to have a scenario (one of the defect's, where it names some)
    that failed by whom it says, with the words that name the defect; nothing else may have failed
    by the sandbox or the suite.
    """
    scenarios: list[str] = []
    message = ""
    problems = [
        f"failed by the {each.verdict}: {each.scenario}: {_first_line(each.reason)}"
        for each in found
        if each.verdict in ("sandbox", "suite", "usage", results.INTERRUPTED)
        and each.verdict != defect.told_as
    ]
    own = [
        each
        for each in found
        if not defect.scenarios or case_name(each.scenario) in defect.scenarios
    ]
    for row, words in defect.caught.items():
        failed = [each for each in own if each.verdict == defect.told_as and row in each.rows]
        naming = [each for each in failed if _in_one_line(words) in _in_one_line(each.reason)]
        if not naming:
            told = "; ".join(f"{each.scenario}: {_first_line(each.reason)}" for each in failed)
            problems.append(f"not caught by {row}, {told or 'which passed'}")
            continue
        scenarios += [case_name(each.scenario) for each in naming]
        lines = (line for line in naming[0].reason.split("\n") if words in line)
        message = message or next(lines, _first_line(naming[0].reason))
    more = [f"and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
    return Caught(
        defect,
        tuple(dict.fromkeys(scenarios)),
        message.strip().removeprefix("but: "),
        seconds,
        "; ".join([*problems[:MOST_PROBLEMS], *more]),
    )


def _failed_checks(run: Path) -> frozenset[str]:
    judgements = read_judgements(run).values()
    return frozenset(each.check for judged in judgements for each in judged if each.findings)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _first_line(reason: str) -> str:
    """Return what was seen: behind a matcher's ``but:``, else the first line."""
    seen = reason.partition("but: ")[2] or reason
    lines = [line.strip() for line in seen.strip().split("\n")]
    return " ".join(lines[:2])[:300]


def _database(ledger: Ledger) -> str:
    kept = ledger.entry.kept
    assert kept is not None, "a sandbox that stays up"
    return kept.endpoints.database


def _suite(*arguments: str) -> None:
    """Give one of the suite's own commands.

    Raises:
        SandboxError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "noetl_acceptance", *arguments],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SandboxError(f"{arguments[0]} failed", "", (done.stdout + done.stderr)[-2000:])
