"""What stands in for a sandbox where only the verdict on broken features is under test."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import Mapping
from typing import Any, cast

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.model.record import ExecutionRecord, Outcome
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, Sandbox, ServiceState

BREAK = os.environ.get("BROKEN", "")
"""What is to break outside of every scenario."""

TRACEBACK = """\
2026-11-25T03:00:00.000000 [ERROR]  /lib/noetl/worker.py:1
     Message: call failed
Traceback (most recent call last):
  File "worker.py", line 1, in call
ReadTimeout: timed out
"""


class Services:
    """A sandbox of two services that log and stand as a step says."""

    kind = "embedded"
    reason = ""
    settings = load_settings({}, {})
    capabilities = frozenset(Capability)
    stays = False
    workers = 1
    noetl_version = "2.8.9"
    noetl_origin = ""
    ready_seconds = 0.0
    secrets: Mapping[str, str] = {"postgres": "a-password-that-nobody-sees"}

    def __init__(self) -> None:
        self.logs = dict.fromkeys(("worker-1", "postgres", "profile-api"), "")
        self.exited: dict[str, int] = {}

    def states(self) -> list[ServiceState]:
        return [
            ServiceState(name, name not in self.exited, self.exited.get(name)) for name in self.logs
        ]

    def new_logs(self) -> dict[str, str]:
        logs, self.logs = self.logs, dict.fromkeys(self.logs, "")
        return logs


class QuietPace:
    """Nobody takes anything from these services."""

    value = 1.0
    source = ""

    def look(self) -> None: ...


class StandIn:
    """A sandbox without services; its one execution has lost a row when looked at again."""

    def __init__(self, folder: RunFolder) -> None:
        folder.logs.mkdir(parents=True)
        if BREAK == "the user":
            os.kill(os.getpid(), signal.SIGINT)
        if BREAK == "the bring-up":
            raise SandboxError("worker-1 exited with code 3 while starting", "see below", "line 29")
        self.sandbox = Services()
        self.watch = ServiceMonitor(cast(Sandbox, self.sandbox))
        self.recorder = self
        file = ROOT / "tests" / "recorded" / "healthy.json.gz"
        self.record = ExecutionRecord.model_validate_json(gzip.decompress(file.read_bytes()))

    def begin(self) -> None:
        self.pace = QuietPace()

    def recorded(self) -> RecordedExecution:
        return RecordedExecution(self.record, cast(Any, self), "journal")

    def distrust(self, _trouble: str) -> None: ...

    def unfit(self) -> str:
        return ", ".join(self.watch.unfit())

    def database(self, _: object) -> None:
        return None

    def read_outcome(self, *_: object) -> Outcome:
        outcome = self.record.outcome
        return outcome.model_copy(update={"stored": outcome.stored[1:]})

    def secrets(self) -> list[str]:
        return list(self.sandbox.secrets.values())

    def close(self) -> None:
        if BREAK == "the take-down":
            raise SandboxError("a container could not be removed", "remove it by hand")
