"""What the scenarios of one behave run share: the sandbox, its clients, the recorded Runs."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from noetl_acceptance.checks.settled import unchanged
from noetl_acceptance.console import Console
from noetl_acceptance.errors import SandboxError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import (
    ExecutionFigures,
    Figures,
    process_seconds,
    write_figures,
)
from noetl_acceptance.noetl.api import NoetlApi
from noetl_acceptance.noetl.catalog import registered
from noetl_acceptance.noetl.pair import Pair, load_pair
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.recorder import Recorder
from noetl_acceptance.run import Outcome, Run, Workload
from noetl_acceptance.sandbox import open_sandbox
from noetl_acceptance.sandbox.protocol import RunFolder, Sandbox
from noetl_acceptance.settings import Settings

DEFAULT_CREDENTIAL = "pg_k8s"
"""The credential that the playbooks take when the payload names no other."""

SETTLE_SECONDS = 2.0
"""Nothing may change from the end on; the earliest second look (interface.md)."""


@dataclass(frozen=True)
class Recorded:
    """One execution as the scenarios share it: its Run, and its scenario at the profile API."""

    journal: str
    run: Run


class Session:
    """One behave run: opened once, closed once.

    ``broken`` holds the error of a failed bring-up; every scenario that asks for the sandbox
    raises it again, so that each report shows it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.console = Console()
        self.pair = load_pair(settings.playbooks)
        run_id = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
        self.folder = RunFolder(run_id, settings.runs / run_id)
        self.broken: SandboxError | None = None
        self._sandbox: Sandbox | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._recorded: dict[
            tuple[Workload, tuple[Rule, ...]], Recorded | AssertionError | SandboxError
        ] = {}
        self._registered = False
        self.figures = Figures()

    def open(self) -> None:
        """Bring the sandbox up and connect to it.

        Raises:
            UsageError: this machine cannot run what was asked for.
            SandboxError: a service did not come up.
        """
        self.folder.logs.mkdir(parents=True)
        try:
            self._sandbox = open_sandbox(self.settings, self.folder, self.console)
        except (UsageError, KeyboardInterrupt):
            shutil.rmtree(self.folder.path)
            raise
        endpoints = self._sandbox.endpoints
        self.api = NoetlApi(endpoints.noetl)
        self.profile_api = ProfileApi(endpoints.profile_api)
        self._connection = psycopg.connect(endpoints.database, autocommit=True)
        self.recorder = Recorder(
            self._sandbox, self.api, self.profile_api, self._connection, self.pair, self.console
        )
        self.figures.sandbox = self._sandbox.kind
        self.figures.noetl = self._sandbox.noetl_version
        self.figures.workers = self._sandbox.workers
        self.figures.ready = self._sandbox.ready_seconds
        why = f" ({self._sandbox.reason})" if self._sandbox.reason else ""
        self.console.say(
            f"sandbox {self._sandbox.kind}{why}, NoETL {self._sandbox.noetl_version}, "
            f"{self._sandbox.workers} workers; evidence in {self.folder.path}"
        )

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox.

        Raises:
            SandboxError: its bring-up failed.
        """
        if self._sandbox is None:
            raise self.broken or SandboxError("the sandbox is not up")
        return self._sandbox

    def register_playbooks(self) -> None:
        """Register the pair, worker first; once in a session."""
        if self.sandbox and not self._registered:
            self.api.register_playbook(self.pair.worker.text)
            self.api.register_playbook(self.pair.parent.text)
            self._registered = True

    def registered_pair(self) -> Pair:
        """Return the pair with its texts as they stand in NoETL's catalog."""
        connection = self.recorder.connection
        return Pair(
            parent=registered(connection, self.pair.parent),
            worker=registered(connection, self.pair.worker),
            names=self.pair.names,
        )

    def register_credential(self, name: str) -> None:
        """Register a credential for the outcome database under that name."""
        self.api.put_credential(name, self.sandbox.endpoints.credential)

    def execute(self, workload: Workload, rules: Sequence[Rule], *, seconds: float) -> Recorded:
        """Return the recorded execution of a workload; the first to ask for it runs it.

        Args:
            workload: the sizes.
            rules: how the profile API answers.
            seconds: the deadline, before ``time-scale``.

        Raises:
            AssertionError: the execution did not end in time, or was refused.
            SandboxError: the sandbox broke.
        """
        key = (workload, tuple(rules))
        if key not in self._recorded:
            try:
                self._recorded[key] = self._execute(workload, rules, seconds)
            except (AssertionError, SandboxError) as error:
                self._recorded[key] = error  # the others that share it fail the same way, at once
        recorded = self._recorded[key]
        if isinstance(recorded, Exception):
            raise recorded
        return recorded

    def _execute(self, workload: Workload, rules: Sequence[Rule], seconds: float) -> Recorded:
        journal = f"{self.folder.run_id}-{len(self._recorded) + 1}"
        self.profile_api.scenario(
            journal,
            rules,
            id_parameter=self.pair.names.call_traveler_id or "traveler_id",
            name_parameter=self.pair.names.call_traveler_name or "traveler_name",
        )
        run = self.recorder.run(
            workload,
            pg_auth=DEFAULT_CREDENTIAL,
            journal=journal,
            seconds=seconds * self.settings.time_scale,
        )
        self._write(run)
        self.figures.executions.append(
            ExecutionFigures(
                execution_id=run.execution_id,
                workload=str(workload),
                duration=run.ended_at - run.started_at,
            )
        )
        return Recorded(journal, run)

    def judged(self, recorded: Recorded) -> None:
        """Note that a scenario has judged an execution: how long after its end, if it is new."""
        for figures in self.figures.executions:
            if figures.execution_id == recorded.run.execution_id and figures.verdict is None:
                figures.verdict = time.time() - recorded.run.ended_at

    def settle(self, recorded: Recorded) -> None:
        """Read an execution's rows and calls again, 2 s after its end or later.

        Raises:
            AssertionError: they have changed since the verdict.
        """
        findings = unchanged(recorded.run, self.look_again(recorded))
        if findings:
            raise AssertionError("\n".join(str(finding) for finding in findings))

    def look_again(self, recorded: Recorded) -> Outcome:
        """Return what an execution left, as it stands 2 s after its end or later."""
        time.sleep(max(0.0, recorded.run.ended_at + SETTLE_SECONDS - time.time()))
        return self.recorder.read_outcome(recorded.run.execution_id, recorded.journal)

    def close(self, found: Sequence[results.ScenarioResult], *, interrupted: bool) -> None:
        """Take everything down and say the verdict; safe after a failed bring-up."""
        if self._connection is not None:
            self._connection.close()
        if self._sandbox is not None:
            self._sandbox.close()
        self.figures.wall, self.figures.cpu = process_seconds()
        if self.folder.path.exists():
            results.write(found, self.folder.path)
            write_figures(self.figures, self.folder.path)
        verdict = results.closing_line(found, self.broken, interrupted=interrupted)
        self.console.say(f"{verdict} in {self.figures.wall:.0f} s\nevidence: {self.folder.path}")

    def _write(self, run: Run) -> None:
        folder = self.folder.path / "executions"
        folder.mkdir(exist_ok=True)
        document = run.model_dump(mode="json")
        (folder / f"{run.execution_id}.json").write_text(json.dumps(document, ensure_ascii=False))
