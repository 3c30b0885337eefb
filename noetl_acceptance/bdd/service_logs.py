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
from noetl_acceptance.model.record import ExecutionRecord, LogError, ServiceChange
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.allowed_tracebacks import expected_by


@dataclass
class Seen:
    """What was seen of the services in a scenario: in its executions by id, and outside of them."""

    records: dict[str, ExecutionRecord] = field(default_factory=dict)
    errors: list[LogError] = field(default_factory=list)
    changes: list[ServiceChange] = field(default_factory=list)


class ServiceObserver:
    """Keeps apart which scenario is told of what.

    Scenarios that share an execution are all told what its Run holds. What was logged outside of
    executions is told by the scenario that used the sandbox last, after its end if need be.
    """

    def __init__(self) -> None:
        self._seen = Seen()
        self._used: dict[ConnectedSandbox, int] = {}
        self._owners: dict[ConnectedSandbox, tuple[Any, float]] = {}
        self._late: list[tuple[Any, float, Seen]] = []

    def uses(self, connected: ConnectedSandbox) -> None:
        """Attribute to the previous scenario what a sandbox has logged; this one uses it now."""
        if connected not in self._used:
            self.look_again(connected)
            self._used[connected] = len(connected.watch.history)

    def asks(self, records: Iterable[ExecutionRecord]) -> None:
        """Note that the scenario has asked for executions."""
        self._seen.records.update({record.execution_id: record for record in records})

    @property
    def used(self) -> list[ConnectedSandbox]:
        """The sandboxes that the scenario has used until now."""
        return list(self._used)

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
        pace = pace_of(self._seen.records.values())
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
            late = Seen()
            self._read(connected, late)
            self._late.append((*self._owners[connected], late))

    def closes(self, connected: ConnectedSandbox) -> None:
        """Read a sandbox's logs for the last time: it is about to be taken down."""
        self.look_again(connected)
        self._used.pop(connected, None)
        self._owners.pop(connected, None)

    def late(self) -> list[tuple[Any, Exception]]:
        """Return the scenarios after whose end something was seen, each with the error; once."""
        late, self._late = self._late, []
        found = []
        for owner, pace, seen in late:
            if not owner.status.is_passed():
                continue  # it is told already that something is wrong
            expected = expected_by(owner.effective_tags)
            if findings := log_findings.quiet([], seen.errors, seen.changes, expected):
                words = "\n".join(str(finding) for finding in findings)
                found.append((owner, policy.failure(policy.of_findings(findings, pace), words)))
        return found

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
        judge(context, log_findings.quiet, records, seen.errors, seen.changes, expected)
    except (AssertionError, AcceptanceError, NotJudgedError) as error:
        return error
    return None
