"""Tells each scenario what the services have logged meanwhile, and whether they stayed up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import log_findings
from noetl_acceptance.checks.slowness import pace_of
from noetl_acceptance.errors import AcceptanceError, NotJudgedError, SandboxError
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.execution.unanswered import why_late, why_refused, why_silent
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.services import LogError, ServiceChange
from noetl_acceptance.noetl.api import NoAnswerError, RefusedError
from noetl_acceptance.support.polling import DeadlineError, StarvedError
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.allowed_tracebacks import expected_by
from noetl_acceptance.verdict.found import error_of
from noetl_acceptance.verdict.weighing import weigh


@dataclass
class Seen:
    """What was seen of the services in a scenario: in its executions by id, and outside of them.

    ``pace`` is the worst of the sandboxes that it has used, from its first use on.
    """

    records: dict[str, ExecutionRecord] = field(default_factory=dict)
    errors: list[LogError] = field(default_factory=list)
    changes: list[ServiceChange] = field(default_factory=list)
    pace: float = 1.0


class ServiceObserver:
    """Keeps apart which scenario is told of what.

    Scenarios that share an execution are all told what its Run holds. What was logged outside of
    executions is told by the scenario that used the sandbox last, after its end if need be.
    """

    def __init__(self) -> None:
        self._seen = Seen()
        self._used: dict[ConnectedSandbox, int] = {}
        self._owners: dict[ConnectedSandbox, tuple[Any, float]] = {}
        self._late: list[tuple[Any, Seen]] = []

    def uses(self, connected: ConnectedSandbox) -> None:
        """Attribute to the previous scenario what a sandbox has logged; this one uses it now."""
        if connected not in self._used:
            self.look_again(connected)
            connected.begin()
            self._used[connected] = len(connected.watch.history)

    def asks(self, records: Iterable[ExecutionRecord]) -> None:
        """Note that the scenario has asked for executions."""
        self._seen.records.update({record.execution_id: record for record in records})

    @property
    def used(self) -> list[ConnectedSandbox]:
        """The sandboxes that the scenario has used until now."""
        return list(self._used)

    @property
    def pace(self) -> float:
        """The worst pace of the sandboxes that the scenario has used, until now."""
        self._seen.pace = max([self._seen.pace, *map(_pace_now, self._used)])
        return self._seen.pace

    def changes(self) -> list[ServiceChange]:
        """Return what became of the services that the scenario has used, until now.

        In its executions too, also those that another scenario has asked for first.
        """
        in_runs = [each for record in self._seen.records.values() for each in record.services]
        since = []
        for connected, begin in self._used.items():
            with suppress(SandboxError):  # the engine does not answer: what was seen must do
                connected.watch.set_aside()
                connected.watch.look()
            since += connected.watch.history[begin:]
        return [*in_runs, *since]

    def after(self, scenario: Any, sandboxes: Iterable[ConnectedSandbox]) -> Seen:
        """Return what a scenario is told; the next one begins with nothing.

        Args:
            scenario: behave's, which has ended.
            sandboxes: those that are up.
        """
        pace = max(self.pace, pace_of(self._seen.records.values()))
        self._owners.update(dict.fromkeys(self._used, (scenario, pace)))
        for connected in sandboxes:
            if connected in self._used:
                self._read(connected, self._seen)
            else:
                self.look_again(connected)
        seen, self._seen, self._used = self._seen, Seen(), {}
        return seen

    def look_again(self, connected: ConnectedSandbox) -> None:
        """Read a sandbox's logs once more, before it goes or when a feature has ended."""
        if connected in self._used:
            self._read(connected, self._seen)
        elif connected in self._owners:
            owner, pace = self._owners[connected]
            late = Seen(pace=max(pace, _pace_now(connected)))
            self._read(connected, late)
            self._late.append((owner, late))

    def closes(self, connected: ConnectedSandbox) -> None:
        """Read a sandbox's logs for the last time: it is about to be taken down."""
        self.look_again(connected)
        self._seen.pace = self.pace
        self._used.pop(connected, None)
        self._owners.pop(connected, None)

    def late(self) -> list[tuple[Any, Exception]]:
        """Return the scenarios after whose end something was seen, each with the error; once."""
        late, self._late = self._late, []
        found = []
        for owner, seen in late:
            if not owner.status.is_passed():
                continue  # it is told already that something is wrong
            expected = expected_by(owner.effective_tags)
            if findings := log_findings.quiet([], seen.errors, seen.changes, expected):
                words = "\n".join(str(finding) for finding in findings)
                found.append((owner, error_of(findings, words, [], seen.pace)))
        return found

    def weigh(self, error: Exception) -> Exception:
        """Return an error of the scenario as what became of the services makes it.

        A server of the sandbox that is up and does not answer, while all that it needs is well, has
        hung: that is the product's failure.
        """
        weighed = error
        if isinstance(error, NoAnswerError) and self._used:
            weighed = why_silent(error, self.used[-1])
        elif isinstance(error, RefusedError) and self._used:
            weighed = why_refused(error, self.used[-1], self.pace)
        elif isinstance(error, DeadlineError) and self._used:
            weighed = why_late(error, self.used[-1])
        weighed = weigh(weighed, self.changes())
        broken = policy.of_error(weighed) == "sandbox" and not isinstance(weighed, StarvedError)
        if broken or isinstance(error, NoAnswerError):
            for connected in self._used:
                connected.distrust(str(error).partition("\n")[0])
        return weighed

    @staticmethod
    def _read(connected: ConnectedSandbox, into: Seen) -> None:
        with suppress(SandboxError):  # the engine has gone: who uses the sandbox next is told
            into.errors += connected.watch.outside()
            connected.watch.look()
        into.changes += connected.watch.untold()


def hold_services(context: Any, seen: Seen, tags: Collection[str]) -> Exception | None:
    """Hold what was seen of the services in a scenario against what its tags announce.

    Args:
        context: behave's, as ``judge`` takes it.
        seen: in the scenario.
        tags: all that hold for it.

    Returns:
        The error to fail the scenario by, if there is one: by whose fault it is.
    """
    expected, records = expected_by(tags), list(seen.records.values())
    try:
        arguments = (records, seen.errors, seen.changes, expected)
        judge(context, log_findings.quiet, *arguments, pace=seen.pace)
    except (AssertionError, AcceptanceError, NotJudgedError) as error:
        return error
    return None


def _pace_now(connected: ConnectedSandbox) -> float:
    """Return the pace of a sandbox since a scenario began to use it."""
    connected.pace.look()
    return connected.pace.value
