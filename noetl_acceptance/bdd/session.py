"""What the scenarios of one behave run share: the sandbox and the records."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

from noetl_acceptance.bdd.fault_stories import FaultStories
from noetl_acceptance.bdd.first_lines import begun, first_lines, note_sandbox
from noetl_acceptance.bdd.service_logs import Seen, ServiceObserver
from noetl_acceptance.conformance.closing import closing_lines
from noetl_acceptance.conformance.proven import rows_in_words
from noetl_acceptance.errors import NotJudgedError, SandboxError, SuiteError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import process_seconds
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.executor import Executor
from noetl_acceptance.execution.pair_under_test import (
    pair_under_test,
    require_own_edition,
    require_readable,
)
from noetl_acceptance.execution.pool import SandboxPool
from noetl_acceptance.execution.probe_runner import run_probe
from noetl_acceptance.execution.record_cache import REPEAT_SECONDS, RecordCache
from noetl_acceptance.execution.second_look import RecordedExecution, SecondLook
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import Event, ExecutionRecord, Outcome
from noetl_acceptance.model.request import ExecutionRequest, Workers
from noetl_acceptance.noetl import cli_environment
from noetl_acceptance.options import Settings
from noetl_acceptance.sandbox.kept_lines import kept_lines
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.measuring import BUSY_MEANS, busy_already
from noetl_acceptance.support.polling import StalledError
from noetl_acceptance.support.signals import shielded
from noetl_acceptance.verdict.known_deviations import (
    Package,
    RecordedDeviations,
    by_chance,
    load_deviations,
    releases_under_test,
)


class Session:
    """One behave run; every scenario raises ``broken``, the error of a failed bring-up, again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.console = Console()
        self.pair = pair_under_test(settings)
        self.folder = RunFolder.new(settings.runs)
        self.broken: Exception | None = None
        self.figures = begun(settings, self.pair)
        self.evidence = Evidence(self.folder.path, self.figures)
        self._pool = SandboxPool(settings, self.folder, self.console, self._forget_sandbox)
        self._executor = Executor(
            settings.time_scale, self.pair, self.folder.run_id, self.evidence, self._pool
        )
        self._records = RecordCache(self._carry_out, settings.time_scale, self.console.say)
        self._settling, self._oracle = SecondLook(), ServiceObserver()
        self._deviations = RecordedDeviations([])
        self.faults = FaultStories(self, self.console.say)
        self.stalls: list[str] = []

    def open(self) -> None:
        """Bring the sandbox up and connect to it; a failed bring-up is kept in ``broken``.

        Raises:
            UsageError: this machine cannot run what was asked for, or the NoETL not the pair.
        """
        if busy := busy_already():
            self.console.say(f"{busy}\n{BUSY_MEANS}")
        try:
            connected = self._pool.take(None)
        except (SandboxError, SuiteError, NotJudgedError, AssertionError) as failure:
            self.broken = failure
            first = str(failure).partition("\n")[0]
            self.console.say(f"the sandbox did not come up, and gets one more try: {first}")
            return
        except BaseException:
            shutil.rmtree(self.folder.path, ignore_errors=True)
            raise
        self._introduce(connected)

    def _introduce(self, connected: ConnectedSandbox) -> None:
        """Tell of the first sandbox that is up, and hold its NoETL against the pair."""
        # Of a checkout it may be known only now which NoETL it is. No scenario is judged before.
        require_own_edition(self.settings, self.pair, connected.sandbox.noetl_version)
        require_readable(self.pair, connected.sandbox.noetl_version)
        note_sandbox(self.figures, connected.sandbox)
        self._deviations.narrow(self._releases(), other_settings=bool(self.figures.settings))
        self.console.say("\n".join(first_lines(connected, self.settings.seed, self.folder.path)))

    def sandbox(self, workers: Workers | None = None) -> ConnectedSandbox:
        """Return a sandbox that is fit for use, with workers of its own (None: the run's own).

        A sandbox that broke, or on which an execution may be at work still, is replaced first.

        Raises:
            SandboxError: its bring-up failed.
            AssertionError: likewise, and NoETL's own services are why.
        """
        connected = self._pool.take(workers)
        self.broken = None
        if not self.figures.sandbox:  # the first bring-up failed, and this one did not
            self._introduce(connected)
        self.evidence.secrets.update(connected.secrets())
        self._oracle.uses(connected)
        return connected

    def execute(
        self,
        request: ExecutionRequest,
        *,
        seconds: float,
        follow: Callable[[str], None] | None = None,
    ) -> tuple[RecordedExecution, ...]:
        """Return the recorded executions of a request; as ``RecordCache.executions``.

        What the services did meanwhile is told to the scenario.
        """
        recorded = self._records.executions(request, seconds=seconds, follow=follow)
        self._oracle.asks(each.record for each in recorded)
        return recorded

    def renew(self, request: ExecutionRequest) -> None:
        """Have a request carried out anew when it is asked for next, and let go of its records."""
        self._records.renew(request)

    def repeat(self, request: ExecutionRequest) -> ExecutionRecord:
        """Return the record of a single execution that a scenario needs for a comparison.

        Raises:
            AssertionError: it did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        return self.execute(request, seconds=REPEAT_SECONDS)[0].record

    def weigh(self, error: Exception) -> Exception:
        """Return an error of the scenario as what became of the services makes it."""
        return self._oracle.weigh(error)

    @property
    def pace(self) -> float:
        """The worst pace of the sandboxes that the scenario has used, until now."""
        return self._oracle.pace

    def _carry_out(
        self, request: ExecutionRequest, seconds: float, follow: Callable[[str], None]
    ) -> tuple[RecordedExecution, ...]:
        self._executor.release(request.repeats)
        again = False
        while True:
            try:
                connected = self.sandbox(request.workers)  # only now are the releases known
                recorded = not again and not self.figures.settings
                chances = by_chance(self._releases(), load_deviations()) if recorded else ()
                connected.recorder.may_stall = bool(chances)
                return self._executor.carry_out(connected, request, seconds, follow)
            except StalledError as stalled:
                self.stalls += [each.name for each in chances]
                self.console.say(f"  {stalled}\n  as is recorded of this release: once more")
                again = True
            except Exception as error:
                raise self.weigh(error) from error

    def probe(
        self, request: ExecutionRequest, target: str, count: int, *, seconds: float
    ) -> ProbeRecord:
        """Return the recorded run of a probe; each is carried out anew.

        Args:
            request: the workers that carry it out, and how their calls are answered.
            target: what is called, one of ``probe.TARGETS``.
            count: how many calls.
            seconds: the deadline, before ``time-scale``.

        Raises:
            AssertionError: it did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        probed = run_probe(
            self.sandbox(request.workers),
            target,
            count,
            rules=request.rules,
            seconds=seconds * self.settings.time_scale,
            left=lambda execution: self._pool.left_at_work(request.workers, [execution]),
        )
        return self.evidence.record(probed)

    def recorded_deviations(self, scenario: str) -> RecordedDeviations:
        """Return the deviations that a scenario must show with the releases under test.

        Where no sandbox has come up yet these are known as soon as one does.
        """
        own, known = bool(self.figures.settings), load_deviations()
        tested = self._releases()
        self._deviations = RecordedDeviations.of(scenario, tested, known, other_settings=own)
        return self._deviations

    def _releases(self) -> dict[Package, str]:
        return releases_under_test(self.figures.noetl, cli_environment.release())

    def judged(self, recorded: RecordedExecution, owner: Any, *, passed: bool) -> None:
        """Note that a scenario has judged an execution.

        Args:
            recorded: the execution.
            owner: the scenario; the first that passed is told by ``settle`` of a later change.
            passed: whether it passed.
        """
        for figures in self.figures.executions:
            if figures.execution_id == recorded.record.execution_id and figures.verdict is None:
                figures.verdict = time.time() - recorded.record.ended_at
        if passed:
            self._settling.expect(recorded, owner, self._deviations)

    def settle(self) -> list[tuple[Any, Exception]]:
        """Look again at all judged executions and at the logs; return whom to tell of what.

        Each scenario comes with its error: what changed, why it could not be looked at, what was
        logged after its end. Also ends the sandbox that a scenario had to itself.
        """
        with self.console.phase("looking again at what the executions left"):
            self._pool.end_others()
            self._settling.settle(lambda _: True)
            for connected in self._pool.up():
                self._oracle.look_again(connected)
        return [*self._settling.changed(), *self._oracle.late()]

    def seen_in(self, scenario: Any) -> Seen:
        """Return what was seen of the services in a scenario that has ended."""
        self.evidence.draw()
        with self.evidence.timed():
            return self._oracle.after(scenario, self._pool.up())

    def forget(self, executions: Sequence[RecordedExecution]) -> None:
        """Settle executions and forget them: what they left is about to be removed."""
        self._settle_and_forget(lambda recorded: recorded in executions)

    def _forget_sandbox(self, connected: ConnectedSandbox) -> None:
        """Settle a sandbox that is about to close, and forget its records: their rows go."""
        self._settle_and_forget(lambda recorded: recorded.connected is connected)
        self._oracle.closes(connected)

    def _settle_and_forget(self, which: Callable[[RecordedExecution], bool]) -> None:
        self._settling.settle(which)
        for kept in self._records.forget(which):
            self._settling.stop(kept)

    def look_again(self, recorded: RecordedExecution) -> Outcome:
        """Return what an execution left, as it stands 2 s after its end or later."""
        return self._settling.look_again(recorded)

    def look_when_at_rest(self, recorded: RecordedExecution) -> tuple[Outcome, Sequence[Event]]:
        """Return that once nothing of it is at work any more, and the events written since."""
        return self._settling.look_when_at_rest(recorded)

    def close(self, *, failed: bool) -> None:
        """Take down what does not stay, and tell of what does; safe after a failed bring-up.

        Args:
            failed: whether a scenario has.

        Raises:
            SandboxError: something could not be taken down.
        """
        keep = self.settings.keep == "always" or (self.settings.keep == "failed" and failed)
        with shielded():
            self._records.clear()
            self._settling, self._oracle = SecondLook(), ServiceObserver()
            self.faults = FaultStories(self, self.console.say)
            if kept := self._pool.close(keep=keep):
                self.console.say("\n".join(kept_lines(kept)))

    def tell(self, found: Sequence[results.ScenarioResult]) -> list[results.ScenarioResult]:
        """Write the evidence and say the verdict; return the results without secrets."""
        told = results.without(self.evidence.secrets, found)
        part = self.settings.shard and not told  # one that holds nothing is a part all the same
        if not (part or self.folder.path.exists()):  # a bring-up that could not begin left nothing
            if results.INTERRUPTED in {each.verdict for each in told}:
                self.console.say("interrupted: everything is taken down")
            return told
        if any(self.folder.path.glob("cli*")):
            self.figures.cli = cli_environment.release()
        self.figures.bring_ups = self._pool.bring_ups
        self.figures.wall, self.figures.cpu = process_seconds()
        with self.console.phase("writing the evidence"):
            told = self.evidence.write(told, rows_in_words)
        self.console.say("\n".join(closing_lines(told, self.folder.path, self.figures.wall)))
        return told
