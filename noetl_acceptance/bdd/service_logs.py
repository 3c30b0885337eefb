"""Tells each scenario what the services have logged meanwhile, and whether they stayed up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import log_findings
from noetl_acceptance.errors import AcceptanceError, NotJudgedError, SandboxError
from noetl_acceptance.execution.system import Stage
from noetl_acceptance.model.record import LogError, Run, ServiceChange
from noetl_acceptance.verdict import policy
from noetl_acceptance.verdict.allowed_tracebacks import expected_by


@dataclass
class Seen:
    """What was seen of the services in a scenario: in its executions by id, and outside of them."""

    runs: dict[str, Run] = field(default_factory=dict)
    errors: list[LogError] = field(default_factory=list)
    changes: list[ServiceChange] = field(default_factory=list)


class Oracle:
    """Keeps apart which scenario is told of what.

    Scenarios that share an execution are all told what its Run holds. What was logged outside of
    executions is told by the scenario that used the sandbox last, after its end if need be.
    """

    def __init__(self) -> None:
        self._seen = Seen()
        self._used: dict[Stage, int] = {}
        self._owners: dict[Stage, Any] = {}
        self._late: list[tuple[Any, Seen]] = []

    def uses(self, stage: Stage) -> None:
        """Note that the scenario uses a stage; what it has logged until now is the one's before."""
        if stage not in self._used:
            self.look_again(stage)
            self._used[stage] = len(stage.watch.history)

    def asks(self, runs: Iterable[Run]) -> None:
        """Note that the scenario has asked for executions."""
        self._seen.runs.update({run.execution_id: run for run in runs})

    @property
    def used(self) -> list[Stage]:
        """The stages that the scenario has used until now."""
        return list(self._used)

    def changes(self) -> list[ServiceChange]:
        """Return what became of the services that the scenario has used, until now.

        In its executions too, also those that another scenario has asked for first.
        """
        in_runs = [each for run in self._seen.runs.values() for each in run.services]
        since = []
        for stage, begin in self._used.items():
            with suppress(SandboxError):  # the engine does not answer: what was seen must do
                stage.watch.set_aside()
                stage.watch.look()
            since += stage.watch.history[begin:]
        return [*in_runs, *since]

    def after(self, scenario: Any, stages: Iterable[Stage]) -> Seen:
        """Return what a scenario is told; the next one begins with nothing.

        Args:
            scenario: behave's, which has ended.
            stages: those that are up.
        """
        self._owners.update(dict.fromkeys(self._used, scenario))
        for stage in stages:
            if stage in self._used:
                self._read(stage, self._seen)
            else:
                self.look_again(stage)
        seen, self._seen, self._used = self._seen, Seen(), {}
        return seen

    def look_again(self, stage: Stage) -> None:
        """Read a stage's logs once more, before it goes or when a feature has ended."""
        if stage in self._used:
            self._read(stage, self._seen)
        elif stage in self._owners:
            late = Seen()
            self._read(stage, late)
            self._late.append((self._owners[stage], late))

    def closes(self, stage: Stage) -> None:
        """Read a stage's logs for the last time: it is about to be taken down."""
        self.look_again(stage)
        self._used.pop(stage, None)
        self._owners.pop(stage, None)

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
                found.append((owner, policy.failure(policy.of_findings(findings), words)))
        return found

    @staticmethod
    def _read(stage: Stage, into: Seen) -> None:
        with suppress(SandboxError):  # the engine has gone: who uses the sandbox next is told
            into.errors += stage.watch.outside()
            stage.watch.look()
        into.changes += stage.watch.untold()


def hold_services(context: Any, seen: Seen, tags: Collection[str]) -> Exception | None:
    """Hold what was seen of the services in a scenario against what its tags announce.

    Args:
        context: behave's, as ``judge`` takes it.
        seen: in the scenario.
        tags: all that hold for it.

    Returns:
        The error to fail the scenario by, if there is one: by whose fault it is.
    """
    expected, runs = expected_by(tags), list(seen.runs.values())
    try:
        judge(context, log_findings.quiet, runs, seen.errors, seen.changes, expected)
    except (AssertionError, AcceptanceError, NotJudgedError) as error:
        return error
    return None
