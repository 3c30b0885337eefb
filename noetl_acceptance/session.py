"""What the scenarios of one behave run share: the stage and the recorded Runs."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from noetl_acceptance.byhand.words import kept_lines
from noetl_acceptance.console import Console
from noetl_acceptance.deviations import RecordedDeviations, load_deviations
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import results, verdict
from noetl_acceptance.evidence.figures import Figures, process_seconds
from noetl_acceptance.evidence.kept import Evidence
from noetl_acceptance.executing import Executing
from noetl_acceptance.interrupts import shielded
from noetl_acceptance.noetl import cli_environment, eventlog
from noetl_acceptance.noetl.pair import load_pair
from noetl_acceptance.oracle import Oracle, Seen
from noetl_acceptance.order import Order, Workers
from noetl_acceptance.probe import ProbeRun
from noetl_acceptance.prober import run_probe
from noetl_acceptance.run import Outcome, Run
from noetl_acceptance.sandbox.protocol import Capability, RunFolder
from noetl_acceptance.settings import Settings, changed_options
from noetl_acceptance.settling import Recorded, Settling
from noetl_acceptance.stage import Stage
from noetl_acceptance.stages import Stages
from noetl_acceptance.support.measuring import busy_already
from noetl_acceptance.waiting import DeadlineError, StarvedError

REPEAT_SECONDS = 240.0
"""The deadline of an execution that a scenario needs for a comparison only."""


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
        self.figures = Figures(options=changed_options(settings))
        self.evidence = Evidence(self.folder.path, self.figures)
        self._stages = Stages(settings, self.folder, self.console, self._forget_stage)
        self._executing = Executing(
            settings.time_scale, self.pair, run_id, self.evidence, self._stages
        )
        self._recorded: dict[Order, tuple[Recorded, ...] | Exception] = {}
        self._settling = Settling()
        self._oracle = Oracle()

    def open(self) -> None:
        """Bring the sandbox up and connect to it; a failed bring-up is kept in ``broken``.

        Raises:
            UsageError: this machine cannot run what was asked for.
        """
        if busy := busy_already():
            self.console.say(busy)
        try:
            stage = self._stages.of(None)
        except SandboxError as failure:
            self.broken = failure
            self.console.say(f"error: {failure}")
            return
        except BaseException:
            shutil.rmtree(self.folder.path, ignore_errors=True)
            raise
        sandbox = stage.sandbox
        self.figures.sandbox = sandbox.kind
        self.figures.noetl = sandbox.noetl_version
        self.figures.origin = sandbox.noetl_origin
        self.figures.workers = sandbox.workers
        self.figures.ready = sandbox.ready_seconds
        why = f" ({sandbox.reason})" if sandbox.reason else ""
        origin = f" ({sandbox.noetl_origin})" if sandbox.noetl_origin else ""
        seed = self.settings.seed
        order = "" if seed is None else f", seed={seed}"
        self.console.say(
            f"sandbox {sandbox.kind}{why}, NoETL {sandbox.noetl_version}{origin}, "
            f"{sandbox.workers} workers{order}; evidence in {self.folder.path}"
        )
        if sandbox.stays and (count := eventlog.at_work(stage.connection)):
            self.console.say(
                f"{count} earlier executions have open commands there: they may be in the way"
            )
        if Capability.LOGS not in sandbox.capabilities:
            self.console.say("out of sight there: what its services log, and whether they stay up")

    @property
    def stage(self) -> Stage:
        """The run's own stage; as ``stage_for``."""
        return self.stage_for(None)

    def stage_for(self, workers: Workers | None) -> Stage:
        """Return the stage with workers of its own (None: the run's own).

        A fresh one after an execution that did not end, as what that left would disturb the next.

        Raises:
            SandboxError: its bring-up failed.
        """
        stage = self._stages.of(workers)
        self.evidence.secrets.update(stage.secrets())
        self._oracle.uses(stage)
        return stage

    def execute(
        self, order: Order, *, seconds: float, follow: Callable[[str], None] = lambda _: None
    ) -> tuple[Recorded, ...]:
        """Return the recorded executions of an order; the first to ask for it runs it.

        Args:
            order: what to ask for.
            seconds: the deadline of each, before ``time-scale``.
            follow: called with the id of each execution as soon as it is started; not called
                when it ran before.

        Raises:
            AssertionError: an execution did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        if order not in self._recorded:
            try:
                stage = self.stage_for(order.workers)
                self._recorded[order] = self._executing.carry_out(stage, order, seconds, follow)
            except Exception as error:  # noqa: BLE001 - the others that share it fail alike, at once
                if isinstance(error, DeadlineError | StarvedError | psycopg.Error):
                    self._stages.discard(order.workers)  # it may be at work still
                self._recorded[order] = error
        recorded = self._recorded[order]
        if isinstance(recorded, Exception):
            raise recorded
        self._oracle.asks(each.run for each in recorded)
        return recorded

    def repeat(self, order: Order, **fields: Any) -> Run:
        """Return the Run of an order that differs in some fields, for a comparison.

        Args:
            order: the one to compare with; a single execution of it.
            fields: what differs.

        Raises:
            AssertionError: it did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        other = order.model_copy(update=fields)
        return self.execute(other, seconds=REPEAT_SECONDS)[0].run

    def probe(self, order: Order, target: str, count: int, *, seconds: float) -> ProbeRun:
        """Return the recorded run of a probe; each is carried out anew.

        Args:
            order: the workers that carry it out, and how their calls are answered.
            target: what is called, one of ``probe.TARGETS``.
            count: how many calls.
            seconds: the deadline, before ``time-scale``.

        Raises:
            AssertionError: it did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        stage = self.stage_for(order.workers)
        deadline = seconds * self.settings.time_scale
        try:
            probed = run_probe(stage, target, count, rules=order.rules, seconds=deadline)
        except (DeadlineError, StarvedError):
            self._stages.discard(order.workers)
            raise
        return self.evidence.record(probed)

    def recorded_deviations(self, scenario: str) -> RecordedDeviations:
        """Return the deviations that a scenario must show with the releases under test."""
        releases = {"noetl": self.figures.noetl, "noetl-cli": cli_environment.release()}
        return RecordedDeviations.of(scenario, releases, load_deviations())

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
        if passed:
            self._settling.expect(recorded, owner)

    def settle(self) -> list[tuple[Any, Exception]]:
        """Look again at all judged executions and at the logs; return whom to tell of what.

        Each scenario comes with the error to fail it by: what changed, why it could not be looked
        at, what was logged after its end. Also ends the sandbox that a scenario had to itself.
        """
        with self.console.phase("looking again at what the executions left"):
            self._stages.end_others()
            self._settling.settle(lambda _: True)
            for stage in self._stages.up():
                self._oracle.look_again(stage)
        return [*self._settling.changed(), *self._oracle.late()]

    def seen_in(self, scenario: Any) -> Seen:
        """Return what was seen of the services in a scenario that has ended."""
        with self.evidence.timed():
            return self._oracle.after(scenario, self._stages.up())

    def forget(self, executions: Sequence[Recorded]) -> None:
        """Settle executions and forget them: what they left is about to be removed."""
        ids = {each.run.execution_id for each in executions}
        self._settle_and_forget(lambda recorded: recorded.run.execution_id in ids)

    def _forget_stage(self, stage: Stage) -> None:
        """Settle a stage that is about to close, and forget its Runs: their rows go with it."""
        self._settle_and_forget(lambda recorded: recorded.stage is stage)
        self._oracle.closes(stage)

    def _settle_and_forget(self, which: Callable[[Recorded], bool]) -> None:
        self._settling.settle(which)
        for order, kept in list(self._recorded.items()):
            if not isinstance(kept, Exception) and any(map(which, kept)):
                self._settling.stop(kept)
                del self._recorded[order]

    def look_again(self, recorded: Recorded) -> Outcome:
        """Return what an execution left, as it stands 2 s after its end or later."""
        return self._settling.look_again(recorded)

    def close(self, *, failed: bool) -> None:
        """Take down what does not stay, and tell of what does; safe after a failed bring-up.

        Args:
            failed: whether a scenario has.

        Raises:
            SandboxError: something could not be taken down.
        """
        keep = self.settings.keep == "always" or (self.settings.keep == "failed" and failed)
        with shielded():
            kept = self._stages.close(keep=keep)
            if kept is not None:
                self.console.say("\n".join(kept_lines(kept)))

    def tell(self, found: Sequence[results.ScenarioResult]) -> list[results.ScenarioResult]:
        """Write the evidence and say the verdict; return the results without secrets."""
        told = results.without(self.evidence.secrets, found)
        if not self.folder.path.exists():  # a bring-up that could not begin has left nothing
            if any(each.verdict == results.INTERRUPTED for each in told):
                self.console.say("interrupted: everything is taken down")
            return told
        if any(self.folder.path.glob("cli*")):
            self.figures.cli = cli_environment.release()
        self.figures.wall, self.figures.cpu = process_seconds()
        with self.console.phase("writing the evidence"):
            told = self.evidence.write(told)
        for line in verdict.summary(told):
            self.console.say(line)
        line = verdict.verdict_line(told)
        self.console.say(f"{line} in {self.figures.wall:.0f} s\nevidence: {self.folder.path}")
        if self.evidence.report is not None:
            self.console.say(f"report: {self.evidence.report}")
        return told
