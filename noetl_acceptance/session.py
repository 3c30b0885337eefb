"""What the scenarios of one behave run share: the stage and the recorded Runs."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from noetl_acceptance.checks.settled import unchanged
from noetl_acceptance.console import Console
from noetl_acceptance.errors import AcceptanceError, SandboxError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import (
    ExecutionFigures,
    Figures,
    process_seconds,
    write_figures,
)
from noetl_acceptance.interrupts import shielded
from noetl_acceptance.noetl.pair import load_pair
from noetl_acceptance.run import Order, Outcome, Run
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.settings import Settings
from noetl_acceptance.stage import Stage
from noetl_acceptance.waiting import DeadlineError

DEFAULT_CREDENTIAL = "pg_k8s"
"""The credential that the playbooks take when the payload names no other."""

SECOND_CREDENTIAL = "pg_second"
"""The credential of the second database, where a scenario has one."""

SETTLE_SECONDS = 2.0
"""Nothing may change from the end on; the earliest second look (docs/pair.md)."""


@dataclass(frozen=True)
class Recorded:
    """One execution as the scenarios share it: its Run, and its scenario at the profile API."""

    order: Order
    journal: str
    run: Run


class Session:
    """One behave run: opened once, closed once.

    ``broken`` holds the error of a failed bring-up; every scenario that asks for the stage raises
    it again, so that each report shows it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.console = Console()
        self.pair = load_pair(settings.playbooks)
        run_id = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
        self.folder = RunFolder(run_id, settings.runs / run_id)
        self.broken: SandboxError | None = None
        self.figures = Figures()
        self._stage: Stage | None = None
        self._stale = False
        self._executions = 0
        self._recorded: dict[Order, Recorded | Exception] = {}
        self._unsettled: dict[str, tuple[Recorded, Any]] = {}
        self._settled: set[str] = set()
        self._changed: list[tuple[Any, Exception]] = []

    def open(self) -> None:
        """Bring the sandbox up and connect to it; a failed bring-up is kept in ``broken``.

        Raises:
            UsageError: this machine cannot run what was asked for.
        """
        try:
            self._stage = Stage.open(self.settings, self.folder, self.pair, self.console)
        except SandboxError as failure:
            self.broken = failure
            self.console.say(f"error: {failure}")
            return
        except BaseException:
            shutil.rmtree(self.folder.path, ignore_errors=True)
            raise
        sandbox = self._stage.sandbox
        self.figures.sandbox = sandbox.kind
        self.figures.noetl = sandbox.noetl_version
        self.figures.workers = sandbox.workers
        self.figures.ready = sandbox.ready_seconds
        why = f" ({sandbox.reason})" if sandbox.reason else ""
        origin = f" ({sandbox.noetl_origin})" if sandbox.noetl_origin else ""
        self.console.say(
            f"sandbox {sandbox.kind}{why}, NoETL {sandbox.noetl_version}{origin}, "
            f"{sandbox.workers} workers; evidence in {self.folder.path}"
        )

    @property
    def stage(self) -> Stage:
        """The stage; a fresh one after an execution that did not end.

        Raises:
            SandboxError: its bring-up failed.
        """
        if self._stale and self._stage is not None:
            self._renew(self._stage)
        if self._stage is None:
            failure = self.broken or SandboxError("the sandbox is not up")
            raise SandboxError(failure.cause, failure.remedy) from None  # its lines were told once
        return self._stage

    def _renew(self, old: Stage) -> None:
        """Replace the stage: what a hung execution left in the queue would disturb the next ones.

        The Runs recorded on the old one are settled and forgotten, as their rows go with it.
        """
        self.console.say("  the execution still goes on somewhere: starting a fresh sandbox")
        self._settle_all()
        self._recorded = {k: r for k, r in self._recorded.items() if isinstance(r, Exception)}
        self._stage = None
        self._stale = False
        old.close()
        self.folder = self.folder.for_next_sandbox()
        try:
            self._stage = Stage.open(self.settings, self.folder, self.pair, self.console)
        except AcceptanceError as failure:
            self.broken = SandboxError(f"a fresh sandbox did not come up: {failure}")
            raise self.broken from failure

    def execute(self, order: Order, *, seconds: float) -> Recorded:
        """Return the recorded execution of an order; the first to ask for it runs it.

        Args:
            order: sizes, the API's rules, the credential.
            seconds: the deadline, before ``time-scale``.

        Raises:
            AssertionError: the execution did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        if order not in self._recorded:
            try:
                self._recorded[order] = self._execute(order, seconds)
            except Exception as error:  # noqa: BLE001 - the others that share it fail alike, at once
                self._stale = isinstance(error, DeadlineError)
                self._recorded[order] = error
        recorded = self._recorded[order]
        if isinstance(recorded, Exception):
            raise recorded
        return recorded

    def _execute(self, order: Order, seconds: float) -> Recorded:
        self._executions += 1
        journal = f"{self.folder.run_id}-{self._executions}"
        self.stage.profile_api.scenario(
            journal,
            order.rules,
            id_parameter=self.pair.names.call_traveler_id or "traveler_id",
            name_parameter=self.pair.names.call_traveler_name or "traveler_name",
        )
        run = self.stage.recorder.run(
            order,
            self.stage.database(order.credential),
            journal=journal,
            seconds=seconds * self.settings.time_scale,
        )
        self._write(run)
        self.figures.executions.append(
            ExecutionFigures(
                execution_id=run.execution_id,
                workload=str(order.workload),
                duration=run.ended_at - run.started_at,
            )
        )
        return Recorded(order, journal, run)

    def judged(self, recorded: Recorded, owner: Any, *, passed: bool) -> None:
        """Note that a scenario has judged an execution.

        Args:
            recorded: the execution.
            owner: the scenario; the first that passed is told by ``settle`` of a later change.
            passed: whether it passed.
        """
        for figures in self.figures.executions:
            if figures.execution_id == recorded.run.execution_id and figures.verdict is None:
                figures.verdict = time.time() - recorded.run.ended_at
        if passed and recorded.journal not in self._settled:
            self._unsettled.setdefault(recorded.journal, (recorded, owner))

    def settle(self) -> list[tuple[Any, Exception]]:
        """Look again at all judged executions; return the owners of those that have changed.

        Each comes with the error to fail it by: what changed, or why it could not be looked at.
        """
        self._settle_all()
        changed, self._changed = self._changed, []
        return changed

    def _settle_all(self) -> None:
        for journal, (recorded, owner) in self._unsettled.items():
            if journal in self._settled:
                continue
            try:
                findings = unchanged(recorded.run, self.look_again(recorded))
            except (AssertionError, AcceptanceError) as error:
                self._changed.append((owner, error))
                continue
            if findings:
                words = "\n".join(str(finding) for finding in findings)
                self._changed.append((owner, AssertionError(words)))
        self._unsettled = {}

    def look_again(self, recorded: Recorded) -> Outcome:
        """Return what an execution left, as it stands 2 s after its end or later.

        A scenario that judges this itself does so for all that share the execution.
        """
        self._settled.add(recorded.journal)
        if self._stage is None:
            raise SandboxError("the sandbox is not up any more")
        time.sleep(max(0.0, recorded.run.ended_at + SETTLE_SECONDS - time.time()))
        database = self._stage.database(recorded.order.credential)
        return self._stage.recorder.read_outcome(
            recorded.run.execution_id, database, recorded.journal
        )

    def close(self, found: Sequence[results.ScenarioResult], *, interrupted: bool) -> None:
        """Take everything down and say the verdict; safe after a failed bring-up."""
        with shielded():
            if self._stage is not None:
                self._stage.close()
            if self.folder.path.exists():  # a bring-up that could not begin has left nothing
                self._tell(found, interrupted=interrupted)

    def _tell(self, found: Sequence[results.ScenarioResult], *, interrupted: bool) -> None:
        self.figures.wall, self.figures.cpu = process_seconds()
        results.write(found, self.folder.path)
        write_figures(self.figures, self.folder.path)
        for result in found:
            if result.verdict == "skipped" and result.reason != "interrupted":
                self.console.say(f"{result.location} {result.scenario}: {result.reason}")
        verdict = results.closing_line(found, self.broken, interrupted=interrupted)
        self.console.say(f"{verdict} in {self.figures.wall:.0f} s\nevidence: {self.folder.path}")

    def _write(self, run: Run) -> None:
        folder = self.folder.path / "executions"
        folder.mkdir(exist_ok=True)
        document = run.model_dump(mode="json")
        (folder / f"{run.execution_id}.json").write_text(json.dumps(document, ensure_ascii=False))
